# bootMer's replicates of a few models: means, standard deviations and percentiles of each parameter.
#
#   Rscript make_bootstrap.R        writes bootmer.json in this folder; lme4 and jsonlite are needed

library(lme4)
library(jsonlite)

folder <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
read <- function(name) read.csv(file.path(folder, "..", "data", name), stringsAsFactors = TRUE)

models <- list(
  sleepstudy = lmer(Reaction ~ Days + (Days | Subject), read("sleepstudy.csv")),
  dyestuff = lmer(Yield ~ 1 + (1 | Batch), read("Dyestuff.csv"), REML = FALSE),
  penicillin = lmer(diameter ~ 1 + (1 | plate) + (1 | sample), read("Penicillin.csv")),
  oats = lmer(yield ~ nitro + (1 | Block/Variety), read("Oats.csv"))
)

numbers <- function(m) {
  v <- as.data.frame(VarCorr(m), order = "lower.tri")
  names <- ifelse(is.na(v$var2), paste0("sd_", v$var1, "|", v$grp), paste0("cor_", v$var2, ".", v$var1, "|", v$grp))
  names[v$grp == "Residual"] <- "sigma"
  c(setNames(v$sdcor, names), fixef(m))
}

result <- lapply(models, function(m) {
  b <- suppressMessages(suppressWarnings(bootMer(m, numbers, nsim = 2000, seed = 1)))
  t <- b$t
  list(
    formula = paste(deparse(formula(m)), collapse = ""), method = if (isREML(m)) "REML" else "ML",
    replicates = nrow(t), names = colnames(t),
    mean = unname(colMeans(t, na.rm = TRUE)), sd = unname(apply(t, 2, sd, na.rm = TRUE)),
    low = unname(apply(t, 2, quantile, .025, na.rm = TRUE)), high = unname(apply(t, 2, quantile, .975, na.rm = TRUE))
  )
})
write(toJSON(c(list(lme4 = as.character(packageVersion("lme4"))), result), digits = 8, auto_unbox = TRUE, pretty = TRUE),
      file.path(folder, "bootmer.json"))
