# Writes the files of R of the tests into the current folder: one data frame with every kind of column, as
# write.csv writes it, and the same frame by save and saveRDS in each format. Needs no package.
d <- data.frame(
  school = factor(c("b", "a", "c", "a", NA, "b"), levels = c("c", "b", "a")),
  size = factor(c("low", "high", "mid", "low", "mid", "high"), levels = c("low", "mid", "high"), ordered = TRUE),
  id = 1:6,
  x = c(1.5, NA, -2, 3e10, 0.25, 7),
  n = c(1L, NA, 3L, 4L, 5L, 6L),
  ok = c(TRUE, FALSE, NA, TRUE, TRUE, FALSE),
  name = c("Zo\u00eb", "a b", NA, "c", "q't", "x\\y?"),
  day = as.Date("2020-02-28") + 0:5,
  at = as.POSIXct("2020-01-01 12:00:00", tz = "Europe/Berlin") + 3600 * (0:5),
  stringsAsFactors = FALSE
)
d$wait <- as.difftime(c(1, 2, 3, 4, 5, 6), units = "days")
d$score <- matrix(c(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 6)
d$word <- as.character(c(1L, NA, 3:6)) # kept by R as numbers until it is needed
write.csv(d, "r_types.csv", row.names = FALSE, fileEncoding = "UTF-8")

labelled <- data.frame(g = c(1, 1, 2, 2))
labelled$x <- structure(c(1, 2, 2, 1), label = "Has  a label", labels = c(no = 1, yes = 2),
                        class = c("haven_labelled", "vctrs_vctr", "double"))
labelled$y <- structure(c(1, 99, 3, 4), label = "Outcome", labels = c(refused = 99), na_values = 99,
                        class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "double"))

saveRDS(d, "r_types.rds")
con <- xzfile("r_types_ascii.rds", "wb"); saveRDS(d, con, ascii = TRUE, version = 2); close(con)
saveRDS(d, "r_types_v2.rds", version = 2, compress = FALSE)
saveRDS(list(first = d, second = labelled), "r_list.rds")
saveRDS(labelled, "r_labelled.rds")
saveRDS(1:3, "r_vector.rds")
save(d, file = "r_types.rda", compress = "bzip2", version = 2)
model <- lm(x ~ id, d)
f <- compiler::cmpfun(function(x) { for (i in 1:3) if (x > i) x <- x + 1; x })
save(f, model, d, labelled, file = "r_several.RData", compress = "xz")
save(f, model, file = "r_none.rda")
