# Cluster-robust standard errors, exact tests of a variance, models without groups, and least squares by group.
#   Rscript tests/reference/clusters/clusters.R
# Made with R 4.2.2, lme4 1.1-31, clubSandwich 0.5.8, RLRsim 3.1-8.
suppressMessages({library(lme4); library(clubSandwich); library(RLRsim); library(jsonlite)})
root <- "tests/reference"
source(file.path(root, "read_data.R"))
polish <- lmerControl(optimizer = "nloptwrap", optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-12, maxeval = 1e5))
robust <- function(m, ...) {
  t <- coef_test(m, vcov = "CR2", test = "Satterthwaite", ...)
  list(estimate = t$beta, se = t$SE, df = t$df_Satt, p = t$p_Satt)
}
least <- function(id, formula, data, cluster, weights = NULL) {
  d <- read_data(data)
  d$.w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  m <- lm(as.formula(formula), d, weights = .w)
  c(list(id = id, engine = "lm", formula = formula, data = data, cluster = cluster, weights = weights),
    robust(m, cluster = d[[cluster]], target = 1 / d$.w))
}
mixed <- function(id, formula, data, cluster) {
  m <- lmer(as.formula(formula), read_data(data), control = polish)
  c(list(id = id, engine = "lmer", formula = formula, data = data, cluster = cluster), robust(m))
}
sandwiches <- list(
  least("sleep_ols", "Reaction ~ Days", "sleepstudy", "Subject"),
  least("weights_ols", "y ~ x * f", "sim_weights", "g", "w"),
  least("hsb_ols", "mAch ~ cses * sector + meanses", "Hsb82", "school"),
  least("pastes_ols", "strength ~ cask", "Pastes", "batch"),
  mixed("sleep_slope", "Reaction ~ Days + (Days | Subject)", "sleepstudy", "Subject"),
  mixed("hsb_slope", "mAch ~ cses * sector + meanses + (cses | school)", "Hsb82", "school"),
  mixed("nested3", "y ~ x1 + x2 + (1 | a/b)", "sim_nested3", "a"),
  mixed("pastes", "strength ~ 1 + (1 | batch/cask)", "Pastes", "batch")
)
set.seed(1)
without <- function(id, smaller, larger, data, exact = FALSE) {
  d <- read_data(data)
  l <- lm(as.formula(smaller), d)
  m <- lmer(as.formula(larger), d, control = polish)
  a <- suppressMessages(anova(m, l))
  found <- list(id = id, smaller = smaller, larger = larger, data = data, ml = a$Chisq[2], df = a$Df[2],
    delta_aic = a$AIC[2] - a$AIC[1], delta_bic = a$BIC[2] - a$BIC[1],
    reml = 2 * (as.numeric(logLik(m, REML = TRUE)) - as.numeric(logLik(l, REML = TRUE))))
  if (exact) found <- c(found, list(rlrt_p = exactRLRT(m, nsim = 1e5, seed = 1)$p.value))
  found
}
comparisons <- list(
  without("sleep", "Reaction ~ Days", "Reaction ~ Days + (1 | Subject)", "sleepstudy", TRUE),
  without("sleep_block", "Reaction ~ Days", "Reaction ~ Days + (Days | Subject)", "sleepstudy"),
  without("sleep_both", "Reaction ~ 1", "Reaction ~ Days + (1 | Subject)", "sleepstudy"),
  without("tiny", "y ~ x", "y ~ x + (1 | g)", "sim_tiny", TRUE),
  without("dyestuff2", "Yield ~ 1", "Yield ~ 1 + (1 | Batch)", "Dyestuff2", TRUE),
  without("dyestuff", "Yield ~ 1", "Yield ~ 1 + (1 | Batch)", "Dyestuff", TRUE)
)
generalized <- function(id, smaller, larger, data, family) {
  d <- read_data(data)
  l <- glm(as.formula(smaller), family, d)
  m <- glmer(as.formula(larger), d, family, control = glmerControl(tolPwrss = 1e-12))
  list(id = id, smaller = smaller, larger = larger, data = data, family = family$family,
    loglik_smaller = as.numeric(logLik(l)), loglik_larger = as.numeric(logLik(m)))
}
generalized_models <- list(
  generalized("cbpp", "cbind(incidence, size - incidence) ~ period",
    "cbind(incidence, size - incidence) ~ period + (1 | herd)", "cbpp", binomial()),
  generalized("ticks", "TICKS ~ YEAR", "TICKS ~ YEAR + (1 | BROOD)", "grouseticks", poisson())
)
separate <- function(id, formula, data) {
  m <- lmList(as.formula(formula), read_data(data))
  b <- coef(m)
  list(id = id, formula = formula, data = data, levels = rownames(b), columns = colnames(b),
    coefficients = unname(as.matrix(b)), sigma = sigma(m), df = df.residual(m),
    se = unname(as.matrix(summary(m)$coefficients[, "Std. Error", ])))
}
lists <- list(
  separate("sleep", "Reaction ~ Days | Subject", "sleepstudy"),
  separate("oxboys", "height ~ age | Subject", "Oxboys"),
  separate("hsb", "mAch ~ cses | school", "Hsb82")
)
write_json(list(sandwiches = sandwiches, comparisons = comparisons, generalized = generalized_models, lists = lists),
  file.path(root, "clusters", "clusters.json"), auto_unbox = TRUE, digits = 14, null = "null")
