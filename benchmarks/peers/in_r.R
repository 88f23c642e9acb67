# One task of one case in R: Rscript in_r.R FOLDER FORMULA TASK PROGRAM. Prints the median and the least seconds of
# its calls, their number, megabytes and the criterion. The limits are those of measure.py.
arguments <- commandArgs(TRUE)
program <- arguments[4]
suppressPackageStartupMessages({
  if (program == "lme4") library(lmerTest) else library(glmmTMB)
  library(jsonlite)
})
folder <- arguments[1]; formula <- as.formula(arguments[2]); task <- arguments[3]
about <- read_json(file.path(folder, "columns.json"))
data <- lapply(setNames(nm = names(about$kinds)), function(name) {
  file <- file.path(folder, paste0(name, ".bin"))
  if (about$kinds[[name]] == "number") return(readBin(file, "double", about$rows))
  codes <- readBin(file, "integer", about$rows) + 1L
  structure(codes, levels = readLines(file.path(folder, paste0(name, ".levels"))), class = "factor")
})
data <- as.data.frame(data)
quietly <- function(value) suppressMessages(suppressWarnings(value))
fit <- function() quietly(lme4::lmer(formula, data))
families <- c("binomial", "poisson")
generalized <- function() {
  fit <- if (program == "lme4") lme4::glmer else glmmTMB::glmmTMB
  model <- quietly(fit(formula, data, family = task))
  quietly(vcov(model))
  model
}
made <- if (task %in% c("fit", "df", families)) NULL else quietly(lmerTest::lmer(formula, data))
tasks <- list(
  fit = fit, binomial = generalized, poisson = generalized,
  df = function() { model <- quietly(lmerTest::lmer(formula, data)); quietly(coef(summary(model))); model },
  "kenward-roger" = function() { quietly(coef(summary(made, ddf = "Kenward-Roger"))); made },
  bootstrap = function() {
    both <- function(model) c(fixef(model), sigma(model), getME(model, "theta"))
    quietly(bootMer(as(made, "lmerMod"), both, nsim = 1000, seed = 1)); made
  },
  profile = function() { quietly(confint(as(made, "lmerMod"), method = "profile")); made })
status <- function(field) {
  line <- grep(paste0("^", field), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
invisible(gc())
try(cat("5", file = "/proc/self/clear_refs"), silent = TRUE)
before <- status("VmRSS")
times <- c(); criterion <- NA
repeat {
  time <- system.time(model <- tasks[[task]]())
  times <- c(times, sum(time[c("user.self", "sys.self")]))
  criterion <- -2 * as.numeric(logLik(model))
  if (sum(times) >= 20 || length(times) >= 20) break
}
found <- list(median = median(times), least = min(times), calls = length(times))
found <- c(found, megabytes = max(0, status("VmHWM") - before), criterion = criterion)
cat(toJSON(found, auto_unbox = TRUE, digits = 15))
