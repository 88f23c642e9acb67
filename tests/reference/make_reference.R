# Writes numbers/<set>.json: what R says about the models of models.json, and terms/<set>.json: lmerTest's F tests
# of their terms by Satterthwaite's method and, for small data without weights, by that of Kenward and Roger.
#
#   Rscript make_reference.R [SET ...]        (all sets without arguments; insteval takes minutes)
#
# Mixed models are polished: lme4's own criterion is minimised far past its default tolerance, by derivative-free
# searches (from several starts, but for large data) and then by Newton steps, so that theta is good to about 1e-8.
suppressPackageStartupMessages({
  library(jsonlite)
  library(lme4)
  library(lmerTest)
  library(numDeriv)
})

root <- "."
source(file.path(root, "read_data.R"))

# The optimum of lme4's criterion: the best of several searches, then Newton steps in the free parameters.
polish <- function(criterion, start, lower, large) {
  best <- NULL
  tolerance <- if (large) 1e-7 else 1e-13  # the criterion of large data has no more digits
  for (first in if (large) list(start) else list(start, start * 0.3, start + 0.2)) {
    for (round in if (large) 1 else 1:3) {
      found <- nloptwrap(first, criterion, lower, rep(Inf, length(first)),
        control = list(xtol_abs = 10 * tolerance, ftol_abs = tolerance, maxeval = 20000))
      first <- found$par
    }
    if (is.null(best) || found$fval < best$fval) best <- found
  }
  theta <- best$par
  free <- !(lower == 0 & theta < 1e-5)
  theta[!free] <- 0
  at <- function(x) criterion(replace(theta, free, x))
  for (step in 1:3) {
    if (!any(free)) break
    slope <- grad(at, theta[free])
    curvature <- eigen(hessian(at, theta[free]), symmetric = TRUE)
    keep <- curvature$values > 1e-6 * max(curvature$values)
    vectors <- curvature$vectors[, keep, drop = FALSE]
    move <- vectors %*% (crossprod(vectors, slope) / curvature$values[keep])
    next_theta <- replace(theta, free, theta[free] - move)
    if (any(next_theta < lower) || criterion(next_theta) > criterion(theta) + 1e-9) break
    theta <- next_theta
  }
  if (criterion(best$par) < criterion(theta) - 1e-9) theta <- best$par
  list(par = theta, fval = criterion(theta), conv = 0, message = "polished")
}

fit_mixed <- function(entry, data, reml) {
  call <- as.call(list(quote(lmer), formula = as.formula(entry$formula), data = quote(data), REML = reml))
  arguments <- list(formula = as.formula(entry$formula), data = data, REML = reml,
    contrasts = entry$contrasts, control = lmerControl(check.rankX = "silent.drop.cols"))
  if (!is.null(entry$weights)) arguments$weights <- data[[entry$weights]]
  parts <- do.call(lFormula, arguments)
  criterion <- do.call(mkLmerDevfun, parts)
  optimum <- polish(criterion, environment(criterion)$pp$theta, environment(criterion)$lower,
    large = nrow(data) > 2e4)
  criterion(optimum$par)
  model <- mkMerMod(environment(criterion), optimum, parts$reTrms, parts$fr, call)
  lmerTest:::as_lmerModLT(model, criterion)
}

sums <- function(x) list(first5 = unname(head(x, 5)), sum = sum(x), sumsq = sum(x^2))

modes_of <- function(model) {
  lapply(ranef(model, condVar = TRUE), function(modes) {
    variances <- attr(modes, "postVar")
    blocks <- if (is.list(variances)) variances else list(variances)
    list(names = I(names(modes)), levels_first5 = I(head(rownames(modes), 5)),
      modes_first5 = unname(as.matrix(head(modes, 5))), sum = I(unname(colSums(modes))),
      sumsq = I(unname(colSums(modes^2))),
      condvar_diag_sum = I(unlist(lapply(blocks, function(v) diag(apply(v, 1:2, sum))))))
  })
}

mixed_numbers <- function(model) {
  table <- coef(summary(model))
  criterion <- unname(if (isREML(model)) REMLcrit(model) else deviance(model, REML = FALSE))
  list(npar = attr(logLik(model), "df"), singular = isSingular(model),
    fixef = I(unname(fixef(model))), se = I(unname(table[, "Std. Error"])), vcov = unname(as.matrix(vcov(model))),
    satterthwaite = list(df = I(unname(table[, "df"])), t = I(unname(table[, "t value"])),
      p = I(unname(table[, "Pr(>|t|)"]))),
    theta = I(unname(getME(model, "theta"))), sigma = sigma(model),
    varcorr = lapply(unname(VarCorr(model)), function(v) list(names = I(rownames(v)), cov = matrix(v, nrow(v)))),
    criterion = criterion, loglik = as.numeric(logLik(model)), aic = AIC(model), bic = BIC(model),
    fitted = sums(fitted(model)), residuals = sums(residuals(model)), ranef = modes_of(model))
}

LARGEST_FOR_KENWARD_ROGER <- 1000  # rows: pbkrtest works with n by n matrices

f_tests <- function(model, type, ddf) {
  table <- anova(model, type = type, ddf = ddf)
  rows <- lapply(seq_len(nrow(table)), function(i) list(term = rownames(table)[i], sum_sq = table[i, "Sum Sq"],
    mean_sq = table[i, "Mean Sq"], num_df = table[i, "NumDF"], den_df = table[i, "DenDF"],
    F = table[i, "F value"], p = table[i, "Pr(>F)"]))
  if (length(rows)) rows
}

term_numbers <- function(model) {
  result <- list(anova_type3 = f_tests(model, "III", "Satterthwaite"),
    anova_type2 = f_tests(model, "II", "Satterthwaite"), anova_type1 = f_tests(model, "I", "Satterthwaite"))
  weighted <- any(weights(model) != 1)
  if (isREML(model) && !weighted && nobs(model) <= LARGEST_FOR_KENWARD_ROGER) {
    table <- coef(summary(model, ddf = "Kenward-Roger"))
    result$kenward_roger <- list(se = I(unname(table[, "Std. Error"])), df = I(unname(table[, "df"])),
      t = I(unname(table[, "t value"])), p = I(unname(table[, "Pr(>|t|)"])),
      vcov_adj = unname(as.matrix(pbkrtest::vcovAdj(model))),
      anova_type3 = f_tests(model, "III", "Kenward-Roger"))
  }
  result
}

mixed_design <- function(model) {
  X <- getME(model, "X")
  flist <- getME(model, "flist")
  cnms <- getME(model, "cnms")
  list(fixef_names = I(colnames(X)), X_colsum = I(unname(colSums(X))), X_colsumsq = I(unname(colSums(X^2))),
    n_rows_used = nrow(X), y_sum = sum(getME(model, "y")), offset_sum = sum(getME(model, "offset")),
    random_terms = lapply(seq_along(cnms), function(k) {
      group <- names(flist)[attr(flist, "assign")[k]]
      list(group = group, names = I(cnms[[k]]), n_levels = nlevels(flist[[group]]))
    }))
}

# CR1: the meat summed over clusters, times J / (J - 1) * (n - 1) / (n - p)
cluster_se <- function(model, cluster) {
  X <- model.matrix(model)
  bread <- solve(crossprod(X * sqrt(weights(model) %||% 1)))
  scores <- rowsum(X * (residuals(model) * (weights(model) %||% 1)), cluster)
  groups <- nrow(scores)
  factor <- groups / (groups - 1) * (nrow(X) - 1) / (nrow(X) - ncol(X))
  unname(sqrt(diag(bread %*% crossprod(scores) %*% bread) * factor))
}

single_level <- function(entry, data) {
  model <- lm(as.formula(entry$formula), data, contrasts = entry$contrasts)
  table <- coef(summary(model))
  s <- summary(model)
  f <- s$fstatistic %||% c(NA, NA, NA)
  list(design = list(fixef_names = I(rownames(table))), fits = list(OLS = list(
    nobs = nobs(model), fixef = I(unname(table[, 1])), se = I(unname(table[, 2])), t = I(unname(table[, 3])),
    p = I(unname(table[, 4])), sigma = s$sigma, r_squared = s$r.squared, adj_r_squared = s$adj.r.squared,
    f_statistic = I(unname(f)), loglik = as.numeric(logLik(model)), aic = AIC(model), bic = BIC(model),
    cluster = entry$cluster, cluster_se = I(cluster_se(model, data[[entry$cluster]])))))
}

`%||%` <- function(a, b) if (is.null(a)) b else a

numbers <- function(entry) {
  data <- read_data(entry$data)
  if (entry$engine == "lm") return(c(entry, single_level(entry, data)))
  methods <- setNames(nm = unlist(entry$methods %||% list("REML", "ML")))
  models <- lapply(methods, function(method) fit_mixed(entry, data, method == "REML"))
  c(entry, list(design = mixed_design(models[[1]]), fits = lapply(models, mixed_numbers),
    terms = lapply(models, term_numbers)))
}

wanted <- commandArgs(trailingOnly = TRUE)
for (set in if (length(wanted)) wanted else names(sets)) {
  models <- lapply(sets[[set]], function(entry) { cat(set, entry$id, "\n"); numbers(entry) })
  data <- unique(vapply(sets[[set]], function(entry) entry$data, ""))
  versions <- lapply(setNames(nm = c("lme4", "lmerTest", "pbkrtest", "Matrix", "numDeriv")),
    function(package) as.character(packageVersion(package)))
  result <- list(set = set, software = c(R = as.character(getRversion()), versions),
    datasets = columns[data], models = models)
  # twelve digits: two orders finer than the finest tolerance needs, and a file that can be read
  write <- function(content, folder, pretty) {
    text <- toJSON(content, digits = I(12), auto_unbox = TRUE, null = "null", na = "null", pretty = pretty)
    writeLines(text, file.path(folder, paste0(set, ".json")))
  }
  terms <- lapply(models, `[[`, "terms")
  names(terms) <- vapply(models, `[[`, "", "id")
  write(Filter(Negate(is.null), terms), "terms", FALSE)
  result$models <- lapply(models, function(model) model[names(model) != "terms"])
  write(result, "numbers", 1)
}
