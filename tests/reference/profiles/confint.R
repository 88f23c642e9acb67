# Writes confint.json: lme4's profile intervals (95 %) of the models of ../models.json that it names.
#
#   Rscript confint.R      (in this folder; R 4.2.2, lme4 1.1-31, jsonlite 1.8.4; some minutes)
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
})

root <- ".."
source(file.path(root, "read_data.R"))
wanted <- names(fromJSON("confint.json"))

out <- list()
for (set in names(sets)) {
  for (entry in sets[[set]]) {
    name <- paste0(set, "-", entry$id)
    if (!name %in% wanted) next
    model <- lmer(as.formula(entry$formula), read_data(entry$data),
      control = lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 1e5)))
    found <- suppressWarnings(suppressMessages(confint(model, method = "profile", oldNames = FALSE)))
    out[[name]] <- list(parm = rownames(found), lower = found[, 1], upper = found[, 2])
  }
}
writeLines(toJSON(out, digits = NA, na = "null"), "confint.json")
