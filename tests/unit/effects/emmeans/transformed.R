# Slopes of transformed predictors by emmeans 1.8.4; run in this folder. Writes transformed.json.
suppressMessages({library(lmerTest); library(emmeans); library(jsonlite)})
emm_options(lmer.df="satterthwaite")
d <- read.csv("transformed.csv")
fine <- 1e-6 * diff(range(d$x)) # emtrends takes a secant: with its default step it is right to three digits
S <- function(e) as.data.frame(summary(e, infer = c(TRUE, TRUE)))
L <- function(f) lmer(f, d, control=lmerControl(optCtrl=list(xtol_abs=1e-10, ftol_abs=1e-12)))
out <- list()
for (f in c("log(x)", "log10(x)", "log1p(x)", "sqrt(x)", "I(1/x)", "I(x^2)", "exp(-x/5)", "scale(x)", "poly(x, 2)"))
  out[[f]] <- S(emtrends(L(as.formula(paste("y ~", if (f == "exp(-x/5)") "exp(-x/5)" else f, "* b + (1 | g)"))), ~ b, var = "x", delta.var = fine))
out$moderator <- S(emtrends(L(y ~ x * log(w) + (1 | g)), ~ w, var = "x", at = list(w = c(0.5, 1, 3))))
out$means <- S(emmeans(L(y ~ log(x) * b + I(1/x) + (1 | g)), ~ b))
write(toJSON(out, digits = NA, dataframe = "rows", pretty = TRUE), "transformed.json")
