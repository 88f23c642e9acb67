# What the scripts of this folder share: the models of models.json, and data with the types that data/columns.json
# gives. Before it is sourced, `root` has to name this folder.
columns <- jsonlite::fromJSON(file.path(root, "data", "columns.json"), simplifyVector = FALSE)
sets <- jsonlite::fromJSON(file.path(root, "models.json"), simplifyVector = FALSE)

read_data <- function(name) {
  entry <- columns[[name]]
  data <- read.csv(file.path(root, entry$file), colClasses = "character", na.strings = "", check.names = FALSE)
  for (column in names(entry$columns)) {
    kind <- entry$columns[[column]]
    levels <- unlist(kind$levels)
    if (is.null(levels)) levels <- sort(unique(data[[column]]))
    data[[column]] <- if (kind$type == "factor") {
      factor(data[[column]], levels = levels, ordered = isTRUE(kind$ordered))
    } else {
      as.numeric(data[[column]])
    }
  }
  data
}
