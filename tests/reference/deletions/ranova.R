# Writes ranova.json: lmerTest's single-term deletions of the random effects of the models of ../models.json.
#
#   Rscript ranova.R      (in this folder; R 4.2.2, lme4 1.1-31, lmerTest 3.1-3, jsonlite 1.8.4; a minute)
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
  library(lmerTest)
})

root <- ".."
source(file.path(root, "read_data.R"))

table_of <- function(entry) {
  data <- read_data(entry$data)
  data <- data[complete.cases(data[, all.vars(as.formula(entry$formula)), drop = FALSE]), ]
  arguments <- list(formula = as.formula(entry$formula), data = quote(data), REML = TRUE,
    control = quote(lmerControl(optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 1e5))))
  if (!is.null(entry$contrasts)) arguments$contrasts <- entry$contrasts
  if (!is.null(entry$weights)) arguments$weights <- as.name(entry$weights)
  found <- suppressWarnings(suppressMessages(ranova(do.call(lmer, arguments))))
  data.frame(term = rownames(found), npar = found$npar, logLik = found$logLik, AIC = found$AIC,
    LRT = found$LRT, df = found$Df, p = found[["Pr(>Chisq)"]])
}

out <- list()
for (set in setdiff(names(sets), "insteval")) {
  for (entry in sets[[set]]) {
    if (entry$engine != "lmer") next
    found <- tryCatch(table_of(entry), error = function(e) message(set, " ", entry$id, ": ", conditionMessage(e)))
    if (!is.null(found)) out[[paste0(set, "-", entry$id)]] <- found
  }
}
writeLines(toJSON(out, digits = 12, auto_unbox = TRUE, na = "null", dataframe = "rows"), "ranova.json")
