# The numbers of the examples that prepare data, by R on the same preparation: tests/reference/prepared.json.
# Run in the root of the repository: Rscript tests/reference/prepared.R
# Made with R 4.x, lme4 and lmerTest; the versions are in the file.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})

data <- function(name) read.csv(file.path("config/examples/data", paste0(name, ".csv")), stringsAsFactors = FALSE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5))

numbers <- function(formula, frame) {
  fit <- lmer(formula, frame, REML = TRUE, control = control)
  list(n = nobs(fit), beta = as.list(fixef(fit)), se = as.list(sqrt(diag(as.matrix(vcov(fit))))),
       reml = REMLcrit(fit), sigma = sigma(fit))
}

# Two files: merge() drops what has no match, as unmatched: drop does.
students <- data("students"); schools <- data("schools")
two <- merge(students, schools, by.x = "school", by.y = "id")
two$status_m <- ave(two$status, two$school)
two$status_w <- two$status - two$status_m
two$sector <- factor(two$sector, levels = c("public", "private"))

# A collapsed factor.
students$education <- factor(students$parents)
levels(students$education) <- list(
  basic = c("none", "primary", "lower secondary"), secondary = "upper secondary", tertiary = c("bachelor", "master"))

# A wide table made long.
wide <- data("wide")
long <- reshape(wide, direction = "long", varying = paste0("score_", 0:4), v.names = "score", timevar = "wave",
                times = 0:4, idvar = "person")
long <- long[!is.na(long$score), ]
long$group <- factor(long$group, levels = c("waiting", "training"))

# Filters in order, the last on a score within participants of the rows before it.
trials <- data("trials")
trials <- trials[trials$correct == 1, ]
trials <- trials[trials$rt > 200 & trials$rt < 3000, ]
trials$log_rt <- log(trials$rt)
trials$z <- ave(trials$log_rt, trials$participant, FUN = function(x) (x - mean(x)) / sd(x))
trials <- trials[abs(trials$z) < 3, ]
trials$condition <- factor(trials$condition, levels = c("congruent", "incongruent"))

out <- list(
  versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))),
  two_files = numbers(math ~ status_w + status_m + sector + climate + (status_w | school), two),
  collapsed = numbers(math ~ status + education + (1 | school), students),
  wide = numbers(score ~ wave * group + (wave | person), long),
  response_times = numbers(log_rt ~ condition + (condition | participant), trials)
)
write_json(out, "tests/reference/prepared.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
