# Times metafor on the data that benchmarks/pooling.py writes: one line "name seconds" a measurement.
# Rscript metafor.R fits FILE.csv REPEATS   one analysis: REML, Hartung-Knapp, Q-profile
# Rscript metafor.R loop FILE.csv           many analyses: escalc, DL, and REML with Hartung-Knapp
suppressMessages(library(metafor))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[2])
seconds <- function() as.numeric(Sys.time())
cat("version", as.character(packageVersion("metafor")), "R", paste(R.version$major, R.version$minor, sep = "."), "\n")

if (arguments[1] == "fits") {
  fit <- function() {
    found <- rma(yi, vi, data = data, method = "REML", test = "knha")
    confint(found)
    found
  }
  found <- fit()
  for (i in seq_len(as.integer(arguments[3]))) {
    began <- seconds()
    fit()
    cat("fit", seconds() - began, "\n")
  }
  cat("beta", format(coef(found), digits = 15), "tau2", format(found$tau2, digits = 15), "\n")
} else {
  effects <- function(d) switch(d$kind[1],
    RR = escalc("RR", ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = d, drop00 = TRUE),
    MD = escalc("MD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i, data = d),
    d)
  parts <- split(data, data$analysis)
  failed <- 0
  began <- seconds()
  for (d in parts) {
    e <- suppressWarnings(effects(d))
    for (how in list(c("DL", "z"), c("REML", "knha"))) {
      found <- try(suppressWarnings(rma(yi, vi, data = e, method = how[1], test = how[2])), silent = TRUE)
      failed <- failed + inherits(found, "try-error")
    }
  }
  cat("loop", seconds() - began, length(parts), failed, "\n")
}
