# Writes rows.json: what lme4 says about rows, at the theta of ../numbers/<set>.json: leverages, Cook's distances,
# predictions for the rows of the fit and for new ones.
#
#   Rscript rows.R        (in this folder; R 4.2.2, lme4 1.1-31, jsonlite 1.8.4; seconds)
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
})

root <- ".."
source(file.path(root, "read_data.R"))

`%||%` <- function(a, b) if (is.null(a)) b else a

model_at <- function(entry, data, theta) {
  call <- as.call(list(quote(lmer), formula = as.formula(entry$formula), data = quote(data), REML = TRUE))
  arguments <- list(formula = as.formula(entry$formula), data = data, REML = TRUE,
    contrasts = entry$contrasts, control = lmerControl(check.rankX = "silent.drop.cols"))
  if (!is.null(entry$weights)) arguments$weights <- data[[entry$weights]]
  parts <- do.call(lFormula, arguments)
  criterion <- do.call(mkLmerDevfun, parts)
  value <- criterion(theta)
  mkMerMod(environment(criterion), list(par = theta, fval = value, conv = 0), parts$reTrms, parts$fr, call)
}

sums <- function(x) list(first5 = unname(head(x, 5)), sum = sum(x), sumsq = sum(x^2))

# Grouping factors that are no fixed effects too.
groups_of <- function(formula) {
  setdiff(unlist(lapply(findbars(formula), function(bar) all.vars(bar[[3]]))), all.vars(nobars(formula)))
}

# Six rows from all over the data; the last one's groups are new.
new_rows <- function(model, data) {
  used <- data[complete.cases(data[, all.vars(formula(model)), drop = FALSE]), , drop = FALSE]
  rows <- used[round(seq(1, nrow(used), length.out = 6)), , drop = FALSE]
  for (group in groups_of(formula(model))) {
    rows[[group]] <- replace(as.character(rows[[group]]), 6, "nobody")
  }
  rows
}

rows_of <- function(entry, theta) {
  data <- read_data(entry$data)
  for (group in groups_of(as.formula(entry$formula))) data[[group]] <- factor(data[[group]], ordered = FALSE)
  model <- model_at(entry, data, theta)
  new <- new_rows(model, data)
  wanted <- intersect(names(new), all.vars(formula(model)[[3]]))
  list(theta = I(theta), hatvalues = sums(hatvalues(model)), cooks_distance = sums(cooks.distance(model)),
    population = sums(predict(model, re.form = NA)), conditional = sums(predict(model)),
    new = list(columns = lapply(as.list(new)[wanted], function(x) if (is.factor(x)) as.character(x) else x),
      population = unname(predict(model, new, re.form = NA)),
      conditional = unname(predict(model, new, allow.new.levels = TRUE))))
}

out <- list()
for (set in setdiff(names(sets), "insteval")) {
  numbers <- fromJSON(file.path("../numbers", paste0(set, ".json")), simplifyVector = FALSE)$models
  for (i in seq_along(numbers)) {
    if (is.null(numbers[[i]]$fits$REML)) next
    name <- paste0(set, "-", numbers[[i]]$id)
    cat(name, "\n")
    out[[name]] <- rows_of(sets[[set]][[i]], unlist(numbers[[i]]$fits$REML$theta))
  }
}
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null", null = "null"), "rows.json")
