# Means of several factors, adjustments, nested factors and transformed outcomes by emmeans 1.8.4; run in this
# folder. Writes means.json. mvtnorm's probabilities are good to 1e-3 or so, and depend on the seed.
suppressMessages({library(lmerTest); library(emmeans); library(jsonlite); library(mvtnorm)})
emm_options(lmer.df="satterthwaite"); set.seed(1)
S <- function(e) as.data.frame(summary(e, infer = c(TRUE, TRUE)))
L <- function(f, d) lmer(f, d, control=lmerControl(optCtrl=list(xtol_abs=1e-10, ftol_abs=1e-12)))
d <- read.csv("simulated.csv"); d$f <- factor(d$f); d$h <- factor(d$h)
m <- L(y ~ x*w*f + h + b2 + (x | g), d); e <- emmeans(m, ~ f)
out <- list()
for (a in c("tukey", "bonferroni", "sidak", "scheffe", "fdr", "holm", "none", "mvt"))
  out$adjust[[a]] <- S(contrast(e, "revpairwise", adjust = a))
out$control <- S(contrast(e, "trt.vs.ctrl", adjust = "mvt")); out$control_b <- S(contrast(e, "trt.vs.ctrl", ref = 2, adjust = "mvt"))
out$consecutive <- S(contrast(e, "consec"))
out$two <- S(emmeans(m, ~ f*h)); out$two_pairs <- S(contrast(emmeans(m, ~ f*h), "revpairwise"))
out$two_by <- S(emmeans(L(y ~ x*f*h + b2*f + (1 | g), d), ~ f | h*b2))
n <- read.csv("nested.csv"); mn <- L(amp ~ group * (category + subcategory) + (1 | patient), n)
out$nested <- list(group = S(emmeans(mn, ~ group)), category = S(emmeans(mn, ~ category)), subcategory = S(emmeans(mn, ~ subcategory)),
  both = S(emmeans(mn, ~ group*subcategory)), pairs = S(contrast(emmeans(mn, ~ subcategory), "revpairwise")),
  by_terms = S(emmeans(L(amp ~ group + group:category + (1 | patient), n), ~ category)))
s <- read.csv("log_outcome.csv")
for (f in c("log(score)", "log10(score)", "log1p(score)", "sqrt(score)", "log2(score)")) {
  e <- emmeans(L(as.formula(paste(f, "~ ses + sector + (1 | school)")), s), ~ sector)
  out$outcome[[f]] <- list(means = S(e), back = as.data.frame(summary(update(e, tran = sub("\\(.*", "", f)), type = "response")))
}
e <- update(emmeans(L(log(score) ~ ses + sector + (1 | school), s), ~ sector), tran = "log")
out$ratio <- as.data.frame(confint(contrast(e, "revpairwise"), type = "response"))
R <- function(k, r) { m <- matrix(r, k, k); diag(m) <- 1; m }
P <- function(c, df, R) { set.seed(1); 1 - pmvt(rep(-c, nrow(R)), rep(c, nrow(R)), df = df, corr = R, algorithm = GenzBretz(maxpts = 2e6, abseps = 1e-8))[1] }
out$mvt <- list(); i <- 0
for (k in c(2, 3, 5)) for (r in c(0, 0.5, 0.9)) for (q in list(c(1, 5), c(2, 10), c(3, 20))) {
  i <- i + 1; out$mvt[[i]] <- list(k = k, r = r, c = q[1], df = q[2], p = P(q[1], q[2], R(k, r))) }
write(toJSON(out, digits = NA, dataframe = "rows", pretty = TRUE, auto_unbox = TRUE), "means.json")
