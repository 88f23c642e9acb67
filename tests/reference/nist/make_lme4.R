# lme4's estimates for NIST's one-way ANOVA sets as random-intercept models, written to lme4.json beside this script.
#   Rscript make_lme4.R FOLDER     with the eleven .dat files, such as scipy's stats/tests/data/nist_anova
# Run with R 4.2.2, lme4 1.1-31, jsonlite 1.8.4. Two runs a set: lme4's defaults, and its tightest tolerances.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
folder <- commandArgs(TRUE)[1]
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
tight <- list(
  default = lmerControl(calc.derivs = FALSE),
  tight = lmerControl("bobyqa", calc.derivs = FALSE, optCtrl = list(rhoend = 1e-14, maxfun = 1e5)))
estimates <- function(file, control) {
  data <- read.table(file.path(folder, file), skip = 60, col.names = c("group", "y"))
  fit <- suppressMessages(suppressWarnings(lmer(y ~ 1 + (1 | group), data, control = control)))
  list(between = VarCorr(fit)$group[1], within = sigma(fit)^2)
}
files <- sort(list.files(folder, "[.]dat$"))
sets <- lapply(setNames(files, sub("[.]dat$", "", files)), function(file)
  lapply(tight, function(control) tryCatch(estimates(file, control), error = function(e) list(error = conditionMessage(e)))))
writeLines(toJSON(sets, digits = I(17), auto_unbox = TRUE, pretty = 2), file.path(here, "lme4.json"))
