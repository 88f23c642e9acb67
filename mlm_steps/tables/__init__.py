"""Tables of a run. Each is a function that takes the run's records and returns a Table.

To add one, write a module with a function of the protocol ``TableMaker`` and list it in ``TABLES`` under the
module's name, which is also the name of its file. The columns are those of statistics, section 20, in the
same order. Columns that have no name there are named as follows:

==============================  ===================================================
in the text                     column
==============================  ===================================================
J per factor                    ``J_per_factor``, as ``school=160; class=412``
IC weights                      ``AIC_weight``, ``BIC_weight``
rank per term                   ``rank_per_term``, in the order of the terms
what changed                    ``what_changed``
p_boot (B, failed)              ``p_boot``, ``B``, ``failed``
ΔAIC, ΔBIC                      ``delta_aic``, ``delta_bic``
PRV per component               ``prv``, as ``sigma2=0.05; school: (Intercept)=0.6``
ΔR² per source                  ``delta_r2_marginal``, ``delta_r2_conditional``
reason if refused               ``reason``
ci                              ``ci_low``, ``ci_high``
group level                     ``group``, ``level``
==============================  ===================================================

Some tables have more columns at the end, before ``null_codes``: ``reference`` and ``ci_method``
(``variance_explained``), ``ci_method`` and ``effect`` (``icc``), ``p_rlrt`` and the columns after it
(``comparison``), ``of`` and those after it (``diagnostics``), ``estimate`` and those after it
(``influence``), ``coefficient``, ``ols_coefficient``, which include the fixed part, and ``eb_reliability``
(``ranef``). ``allfit`` also has ``start`` and ``max_dsd``.
The bounds and the share of ``johnson_neyman`` are ``bound_low``, ``bound_high`` and ``share_significant``.
These tables are not in section 20:

- ``remedies`` and ``remedies_fixed`` hold the alternatives to singular and doubtful rungs and their
  coefficients, ``singular`` the directions in which the random effects of these rungs do not vary.
- ``anova`` holds the F tests of terms, ``vcov`` the covariance matrices of the fixed effects.
- ``fixed_other_df`` and ``anova_other_df`` hold the tests of singular fits by the method, Satterthwaite's or
  Kenward and Roger's, that ``fixed`` and ``anova`` do not use.
- ``hypotheses`` holds the declared hypotheses with the verdicts of their tests, ``expectations`` what the
  spec expects of the results and what was found, ``changes`` what differs from an earlier run.
- ``contrasts``, ``slope_differences``, ``means`` and ``mean_differences`` combine coefficients.
- ``standardized_differences`` holds mean differences in units of standard deviations.
- ``ranova`` holds the tests of random effects by removal, ``heterogeneity`` HLM's tests of their variances.
- ``descriptives``, ``categories``, ``correlations`` and ``within_between`` describe the analysis sample,
  ``context`` the final rungs with slopes within and between groups.
- ``cost`` holds the standard errors of coefficients with and without regard to the clusters, ``lm_list`` the
  least-squares coefficients within each cluster.
- ``random_coefficients`` holds the ranges and reliabilities of random coefficients, ``random_pca`` the
  principal components of the random effects, ``ranef_cov`` the covariances of the modes of each level.
- ``trace`` holds every evaluation of every search.

If a limit of an interval is not a crossing of the criterion but, for example, the bound of its parameter, its
code is in ``null_codes`` under ``ci_low[limit]`` or ``ci_high[limit]``. For an empty cell, the code
``not_requested`` means that a key of the spec fills it. ``not_computed`` means that no key fills it. This
holds for the gradient in ``trace`` if the optimiser did not request it.
"""

from __future__ import annotations

from mlm_steps.tables.allfit import allfit
from mlm_steps.tables.anova import anova
from mlm_steps.tables.anova_other_df import anova_other_df
from mlm_steps.tables.base import Table, TableMaker
from mlm_steps.tables.categories import categories
from mlm_steps.tables.changes import changes
from mlm_steps.tables.comparison import comparison
from mlm_steps.tables.context import context
from mlm_steps.tables.contrasts import contrasts
from mlm_steps.tables.correlations import correlations
from mlm_steps.tables.cost import cost
from mlm_steps.tables.descriptives import descriptives
from mlm_steps.tables.diagnostics import diagnostics
from mlm_steps.tables.expectations import expectations
from mlm_steps.tables.fit import fit
from mlm_steps.tables.fixed import fixed
from mlm_steps.tables.fixed_other_df import fixed_other_df
from mlm_steps.tables.heterogeneity import heterogeneity
from mlm_steps.tables.hypotheses import hypotheses
from mlm_steps.tables.icc import icc
from mlm_steps.tables.influence import influence
from mlm_steps.tables.johnson_neyman import johnson_neyman
from mlm_steps.tables.lm_list import lm_list
from mlm_steps.tables.mean_differences import mean_differences
from mlm_steps.tables.means import means
from mlm_steps.tables.occasions import occasions
from mlm_steps.tables.ols import ols
from mlm_steps.tables.power import power
from mlm_steps.tables.power_curve import power_curve
from mlm_steps.tables.power_design import power_design
from mlm_steps.tables.random import random
from mlm_steps.tables.random_coefficients import random_coefficients
from mlm_steps.tables.random_pca import random_pca
from mlm_steps.tables.ranef import ranef
from mlm_steps.tables.ranef_cov import ranef_cov
from mlm_steps.tables.ranova import ranova
from mlm_steps.tables.remedies import remedies
from mlm_steps.tables.remedies_fixed import remedies_fixed
from mlm_steps.tables.sensitivity import sensitivity
from mlm_steps.tables.simple_slopes import simple_slopes
from mlm_steps.tables.singular import singular
from mlm_steps.tables.slope_differences import slope_differences
from mlm_steps.tables.standardized_differences import standardized_differences
from mlm_steps.tables.trace import trace
from mlm_steps.tables.variance_explained import variance_explained
from mlm_steps.tables.variant_comparisons import variant_comparisons
from mlm_steps.tables.variant_summary import variant_summary
from mlm_steps.tables.variants import variants
from mlm_steps.tables.vcov import vcov
from mlm_steps.tables.within_between import within_between

__all__ = ["ON_REQUEST", "PLANNED", "TABLES", "Table", "TableMaker"]

TABLES: dict[str, TableMaker] = {
    "fixed": fixed,
    "vcov": vcov,
    "fixed_other_df": fixed_other_df,
    "anova": anova,
    "anova_other_df": anova_other_df,
    "hypotheses": hypotheses,
    "expectations": expectations,
    "changes": changes,
    "random": random,
    "fit": fit,
    "comparison": comparison,
    "ranova": ranova,
    "heterogeneity": heterogeneity,
    "variance_explained": variance_explained,
    "icc": icc,
    "ranef": ranef,
    "ranef_cov": ranef_cov,
    "random_coefficients": random_coefficients,
    "random_pca": random_pca,
    "diagnostics": diagnostics,
    "influence": influence,
    "sensitivity": sensitivity,
    "variants": variants,
    "variant_summary": variant_summary,
    "variant_comparisons": variant_comparisons,
    "ols": ols,
    "cost": cost,
    "lm_list": lm_list,
    "occasions": occasions,
    "descriptives": descriptives,
    "categories": categories,
    "correlations": correlations,
    "within_between": within_between,
    "context": context,
    "allfit": allfit,
    "trace": trace,
    "remedies": remedies,
    "remedies_fixed": remedies_fixed,
    "singular": singular,
    "contrasts": contrasts,
    "simple_slopes": simple_slopes,
    "slope_differences": slope_differences,
    "johnson_neyman": johnson_neyman,
    "means": means,
    "mean_differences": mean_differences,
    "standardized_differences": standardized_differences,
    "power": power,
    "power_curve": power_curve,
    "power_design": power_design,
}
PLANNED = frozenset({"power", "power_curve", "power_design"})
"""The tables of planned studies, which a run without a ladder has alone."""
ON_REQUEST = {"expectations": "checks", "changes": "changes"}
"""The tables that only a run with a certain step writes, by the name of the step."""
