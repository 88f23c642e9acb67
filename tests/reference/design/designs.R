# Writes designs.json: what R makes of formulas that few people write.
#   Rscript designs.R        (R 4.2.2, lme4 1.1-31, jsonlite 1.8.4)
# The data are simulated here and go into the same file.
options(warn = 1)
suppressMessages({
  library(lme4)
  library(splines)
  library(jsonlite)
})
set.seed(20240611)
n <- 36
d <- data.frame(
  y = round(rnorm(n, 10, 2), 3), x = round(rnorm(n), 3), z = round(runif(n, 1, 9), 3), v = round(rexp(n), 3),
  nitro = rep(c(0, 0.2, 0.4, 0.6), 9), year = 2000 + rep(0:5, 6), w = round(runif(n, 0.5, 2), 3),
  f = factor(sample(c("lo", "mid", "hi"), n, TRUE), levels = c("lo", "mid", "hi")),
  h = factor(rep(c("u", "v"), 18)),
  o = factor(rep(c("s1", "s2", "s3", "s4"), each = 9), ordered = TRUE),
  l = rep(c(TRUE, FALSE, FALSE), 12),
  s = rep(c("pear", "apple", "fig"), 12),
  g = factor(rep(1:6, each = 6)), k = rep(c(11L, 2L, 100000L), each = 12), a = factor(rep(letters[1:4], 9)),
  stringsAsFactors = FALSE
)
d$u <- factor(rep(c("A", "C", "D"), 12), levels = c("A", "B", "C", "D"))
d$`odd name` <- round(rnorm(n), 3)
d$twice <- 2 * d$x
d$gap <- d$x
d$gap[c(3, 17)] <- NA
d$hole <- d$f
d$hole[c(5, 17, 20)] <- NA
new <- d[c(2, 9, 30), ]
new$x <- c(-4, 0.25, 5)
new$z <- c(0.5, 4.5, 12)
new$v <- c(0.1, 2, 20)

center <- function(x) x - mean(x)

fixed <- c(
  "y ~ x", "y ~ 0 + x", "y ~ x - 1", "y ~ -1 + f", "y ~ 0 + f + h", "y ~ 0 + x + f", "y ~ f:h", "y ~ 0 + f:h",
  "y ~ x:f", "y ~ 0 + x:f", "y ~ 0 + x + x:f", "y ~ f + f:h", "y ~ h:f + f", "y ~ f/h", "y ~ f/x", "y ~ (f + x)/h",
  "y ~ f * h * x", "y ~ (f + h + x)^2", "y ~ (f + h + x)^3 - f:h:x", "y ~ f * h - f", "y ~ f * h - h", "y ~ x %in% f",
  "y ~ x + f %in% h", "y ~ x + 0 + 1", "y ~ f:x + x:f", "y ~ x * x", "y ~ x^2", "y ~ x + (f + h):x",
  "y ~ z:x + h + x", "y ~ o", "y ~ o * x", "y ~ 0 + o", "y ~ o:f", "y ~ l", "y ~ 0 + l", "y ~ l:x", "y ~ s", "y ~ u + x",
  "y ~ factor(nitro)", "y ~ factor(nitro):x", "y ~ factor(year) + factor(k)", "y ~ as.factor(nitro) * h", "y ~ ordered(nitro)",
  "y ~ factor(s, levels = c(\"pear\", \"fig\", \"apple\"))", "y ~ factor(h, labels = c(\"no\", \"yes\"))",
  "y ~ relevel(f, ref = \"mid\")", "y ~ relevel(f, \"hi\") + x",
  "y ~ C(f, sum)", "y ~ C(f, contr.helmert)", "y ~ C(f, \"contr.poly\") * x", "y ~ C(f, treatment, base = 2)", "y ~ C(o, treatment)",
  "y ~ poly(x, 2)", "y ~ poly(x, degree = 3)", "y ~ poly(z, 1)", "y ~ poly(z, 3, raw = TRUE)", "y ~ poly(x, 2):f", "y ~ poly(x, 2) * h",
  "y ~ poly(year, 5)", "y ~ poly(log(v), 2)", "y ~ 0 + poly(x, 2) + f",
  "y ~ ns(x, 3)", "y ~ ns(x, df = 4) + h", "y ~ ns(x, knots = c(-0.5, 0.5))", "y ~ ns(z, df = 3, intercept = TRUE)", "y ~ ns(x, 1)",
  "y ~ ns(z, df = 3, Boundary.knots = c(2, 8))", "y ~ ns(x)",
  "y ~ bs(x)", "y ~ bs(x, df = 5)", "y ~ bs(x, knots = 0)", "y ~ bs(z, degree = 1, knots = c(3, 6))", "y ~ bs(z, df = 5, intercept = TRUE)",
  "y ~ bs(z, df = 6, degree = 2):h", "y ~ bs(z, df = 5, Boundary.knots = c(2, 8))",
  "y ~ scale(x)", "y ~ scale(x, scale = FALSE) * f", "y ~ scale(x, center = FALSE)", "y ~ scale(z, center = 5, scale = 2)", "y ~ center(x) + center(z)",
  "y ~ I(x^2) + I(z/1000) + I(-x)", "y ~ I((x + z)/2) + I(x * z - 3)", "y ~ I(1e5 * x) + I(x * 0.0001)", "y ~ I(2^-z)", "y ~ I(-x^2)",
  "y ~ I(x > 0)", "y ~ 0 + I(x > 0) + f", "y ~ I((x > 0) * z)", "y ~ I(s == \"fig\")", "y ~ I(f != \"lo\"):x", "y ~ factor(x > 0)", "y ~ I(f)",
  "y ~ log(z) + exp(x) + sqrt(v) + abs(x)", "y ~ log10(z) + log2(z) + log1p(v) + expm1(x)", "y ~ log(z, base = 3) + log(z, 2)", "y ~ sin(x) + cos(x)",
  "log(y) ~ x", "scale(y) ~ x", "I(y/10) ~ x", "y/100 ~ x", "sqrt(y + 1) - 1 ~ x", "-y ~ x",
  "y ~ `odd name`", "y ~ log(abs(`odd name`)) * f", "y ~ `odd name`:h",
  "y ~ x + twice + f", "y ~ twice + x:f + x", "y ~ f + I(f)", "y ~ f * h + f:h:a", "y ~ I(0 * x) + x", "y ~ poly(x, 2) + x",
  "y ~ gap + f", "y ~ gap * hole", "y ~ hole", "y ~ x + offset(z)", "y ~ offset(log(z)) + offset(x) + f", "y ~ ((x)) + (f)", "y ~ x ** 2 + f",
  "y ~ 1"
)

mixed <- c(
  "y ~ x + (x | g)", "y ~ x + (0 + x | g)", "y ~ x + (x - 1 | g)", "y ~ x + (x || g)", "y ~ x + (x * z || g)", "y ~ f + (f | g)", "y ~ f + (0 + f | g)",
  "y ~ x + (f:x | g)", "y ~ x + (0 + f:x | g)", "y ~ x + (f * x | g)", "y ~ o + (o | g)", "y ~ l + (l | g)", "y ~ x + (1 | g/h)", "y ~ x + (x | g/h)",
  "y ~ x + (1 | k/h/a)", "y ~ 1 + (1 | h:g)", "y ~ 1 + (1 | g:h:a)", "y ~ 1 + (1 | k)", "y ~ 1 + (1 | k) + (1 | s)", "y ~ 1 + (1 | l)", "y ~ 1 + (1 | u) + (1 | g)",
  "y ~ 1 + (1 | o:s)", "y ~ x + (1 | h) + (1 + x || g)", "y ~ x + (1 | h) + (1 | g) + (0 + x | g)", "y ~ x + (1 | g) + (0 + x | g) + (1 | h)",
  "y ~ x + ((1 | g))", "(y) ~ (x + (1 | g))", "y ~ (x + z | g) + x * z", "y ~ poly(x, 2) + (poly(x, 2) | g)", "y ~ x + (I(x^2) | g)", "y ~ scale(x) + (scale(x) | g)",
  "y ~ hole + (gap | g)", "y ~ x + (1 | hole)", "y ~ x + (1 | year)", "y ~ x + (1 | nitro:h)", "log(y) ~ ns(x, 3) + (1 | g) + offset(z)", "y ~ 0 + x + (x | g)",
  "y ~ f + (1 | g) + (1 | g:f)"
)

number <- function(x) unname(as.numeric(x))
matrix_rows <- function(X) unname(X) + 0

one_fixed <- function(text) {
  f <- as.formula(text)
  mf <- model.frame(f, d, drop.unused.levels = TRUE)
  X <- model.matrix(attr(mf, "terms"), mf)
  q <- qr(X, tol = 1e-7)
  kept <- sort(q$pivot[seq_len(q$rank)])
  known <- if (any(grepl("center\\(|twice|gap|hole", text))) NULL else {
    fit <- lm(f, d)
    mm <- model.matrix(delete.response(terms(fit)), model.frame(delete.response(terms(fit)), new, xlev = fit$xlevels), contrasts.arg = fit$contrasts)
    matrix_rows(mm[, kept, drop = FALSE])
  }
  offset <- model.offset(mf)
  list(
    formula = text, columns = I(colnames(X)), assign = I(attr(X, "assign")), labels = I(attr(attr(mf, "terms"), "term.labels")),
    kept = I(kept), X = matrix_rows(X), new = known, y = I(number(model.response(mf))),
    offset = if (is.null(offset)) NULL else I(number(offset)), rows = I(match(rownames(mf), rownames(d)))
  )
}

one_mixed <- function(text) {
  quiet <- lmerControl(check.nobs.vs.nRE = "ignore", check.nobs.vs.rankZ = "ignore", check.nobs.vs.nlev = "ignore", check.rankX = "ignore", check.scaleX = "ignore")
  parts <- suppressMessages(lFormula(as.formula(text), d, control = quiet))
  re <- parts$reTrms
  terms <- lapply(seq_along(re$cnms), function(i) {
    ff <- re$flist[[attr(re$flist, "assign")[i]]]
    q <- length(re$cnms[[i]])
    Z <- as.matrix(re$Ztlist[[i]])
    at <- as.integer(ff)
    z <- t(sapply(seq_along(at), function(r) Z[(at[r] - 1) * q + seq_len(q), r]))
    list(group = names(re$cnms)[i], names = I(re$cnms[[i]]), levels = I(levels(ff)), refs = I(at - 1L), z = if (q == 1) matrix(as.numeric(z), ncol = 1) else matrix_rows(z))
  })
  list(formula = text, columns = I(colnames(parts$X)), X = matrix_rows(parts$X), random = terms)
}

columns <- lapply(d, function(v) {
  kind <- if (is.factor(v)) "factor" else if (is.logical(v)) "truth" else if (is.character(v)) "text" else "number"
  list(kind = kind, ordered = is.ordered(v), levels = if (is.factor(v)) I(levels(v)) else NULL, values = I(if (is.factor(v)) as.character(v) else v), new = I(new[[1]]))
})
for (name in names(d)) columns[[name]]$new <- I(if (is.factor(d[[name]])) as.character(new[[name]]) else new[[name]])
made <- paste("R", getRversion(), "lme4", packageVersion("lme4"))
result <- list(made_with = made, columns = columns, fixed = lapply(fixed, one_fixed), mixed = lapply(mixed, one_mixed))
writeLines(toJSON(result, digits = NA, auto_unbox = TRUE, null = "null", na = "null"), "designs.json")
