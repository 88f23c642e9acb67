"""Definitions of terms that head rows and columns of tables; the page shows them at their terms."""

from __future__ import annotations

from mlm_steps.report.text.text import Phrase, Word, plain_text

__all__ = ["GLOSSARY", "definition"]

GLOSSARY = {
    "AIC": "Akaike's information criterion: the deviance plus twice the number of parameters. Smaller "
    "is better.",
    "BIC": "Bayesian information criterion: the deviance plus the number of parameters times the "
    "logarithm of the number of observations. Smaller is better.",
    "ΔAIC": "AIC of the larger model minus AIC of the smaller one; a negative difference favours the "
    "larger model.",
    "ΔBIC": "BIC of the larger model minus BIC of the smaller one; a negative difference favours the "
    "larger model.",
    "Contextual": "The difference between the slope between groups and the slope within groups.",
    "Cook’s distance": "How far all fixed effects move, relative to their covariance matrix, when a "
    "group is left out.",
    "CR1": "Cluster-robust standard error. The sandwich estimator of the variance over groups is "
    "multiplied by J / (J − 1) · (n − 1) / (n − p).",
    "CR2": "Cluster-robust standard error with the bias-reduced adjustment of Bell and McCaffrey.",
    "Design effect": "Variance of a mean of clustered observations divided by that of as many "
    "independent ones.",
    "Deviance": "−2 times the log-likelihood of the fit. Smaller is better among models for the same data.",
    "DFBETAS": "Change of a fixed effect when a group is left out, in standard errors.",
    "Effective sample size": "Number of independent observations whose mean would be as precise.",
    "Exact p": "p value from the exact finite-sample null distribution of the restricted likelihood ratio.",
    "ICC": "Intraclass correlation: share of the variance of the outcome that lies between groups.",
    "ICC (adjusted)": "Variance of the random effects divided by that variance plus the residual "
    "variance; the variance of the fixed effects is left out.",
    "ICC, adjusted": "Variance of the random effects divided by that variance plus the residual "
    "variance; the variance of the fixed effects is left out.",
    "ICC, unadjusted": "Variance of the random effects divided by the total variance, fixed effects "
    "included.",
    "ICC(1)": "Share of the variance of a variable that lies between groups.",
    "ICC(2)": "Reliability of the group means of a variable.",
    "J": "Number of groups.",
    "Mixture p": "p value from a mixture of χ² distributions, for a variance that is zero under the "
    "null hypothesis.",
    "Moulton’s factor": "Factor by which least squares understates the variance of an estimate "
    "because it ignores the groups.",
    "Naive p": "p value from one χ² distribution; too large when a variance is zero under the null "
    "hypothesis.",
    "Parameters": "Number of fixed effects, variances and covariances that were estimated.",
    "PRV": "Proportional reduction of a variance component relative to the reference model. It is "
    "negative if the component is larger than in the reference model.",
    "REML criterion": "−2 times the restricted log-likelihood; comparable between models with the same "
    "fixed effects.",
    "R² conditional": "Share of the variance explained by the fixed and the random effects (Nakagawa "
    "and Schielzeth).",
    "R² marginal": "Share of the variance explained by the fixed effects (Nakagawa and Schielzeth).",
    "SD between": "Standard deviation of the group means.",
    "SD within": "Standard deviation of the deviations from the group means.",
    "Singletons": "Groups with one observation.",
    "Size-weighted mean": "Sum of the squared group sizes divided by the sum of the sizes.",
    "Standard error relative to independent rows": "Square root of the design effect.",
    "χ² (df)": "Likelihood ratio statistic and its degrees of freedom.",
}
"""Definitions by the words with which a head starts."""


def definition(head: Phrase) -> str | None:
    """Return the definition of the term with which the head of a row or column starts; None if there is none.

    Labels of the user are not looked up.

    Examples
    --------
    >>> definition(("PRV ", Word("School")))[:22]
    'Proportional reduction'
    >>> definition((Word("PRV"),)) is None
    True
    """
    words: list[str] = []
    for piece in head:
        if isinstance(piece, Word):
            break
        words.append(plain_text(piece))
    text = "".join(words).strip().removesuffix(":")
    while text and text not in GLOSSARY:
        text = text.rpartition(" ")[0].removesuffix(":").removesuffix(",")
    return GLOSSARY.get(text)
