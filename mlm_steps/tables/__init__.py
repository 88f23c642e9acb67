"""Tables of a run: records in, a Table value out.

A table is a module with a function from RunRecords to Table, listed in ``TABLES`` under the module's name,
which is also that of its file. The columns are those of statistics, section 20, in its order. Where its
words are no names, they are written so:

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

Added at the end, before ``null_codes``: ``reference`` and ``ci_method`` (``variance_explained``),
``ci_method`` and ``effect`` (``icc``), ``p_rlrt`` and what follows (``comparison``); among the others:
``start`` and ``max_dsd`` (``allfit``). Further tables: ``remedies`` and ``remedies_fixed``, the
alternatives to singular and doubtful rungs and what they do to the coefficients; ``singular``, the
directions in which their random effects do not vary; ``anova``, the F tests of terms; ``vcov``, the
covariance matrices of the fixed effects, each column of X with its term; and ``fixed_other_df`` and
``anova_other_df``, the tests of singular fits by the method of Satterthwaite and Kenward and Roger that
``fixed`` and ``anova`` do not show. Of what the coefficients mean together, ``contrasts``,
``slope_differences``, ``means`` and ``mean_differences``; bounds and share of ``johnson_neyman`` are
written ``bound_low``, ``bound_high`` and ``share_significant``. Of random effects, ``ranova``, one left out
at a time, and ``heterogeneity``, HLM's tests of their variances. The searches of all fits, evaluation by
evaluation, are ``trace``.

A limit of an interval that is a number but no crossing of the criterion, such as the bound of its parameter,
has its code in ``null_codes`` under ``ci_low[limit]`` or ``ci_high[limit]``. Of an empty cell, the code
``not_requested`` says that a key of the spec fills it, and ``not_computed`` that none does: ``std_estimate``
(standardized coefficients are not computed), and in ``trace`` the slope where the optimiser asked for none.
"""

from __future__ import annotations

from mlm_steps.tables.allfit import allfit
from mlm_steps.tables.anova import anova
from mlm_steps.tables.anova_other_df import anova_other_df
from mlm_steps.tables.base import Table, TableMaker
from mlm_steps.tables.comparison import comparison
from mlm_steps.tables.contrasts import contrasts
from mlm_steps.tables.fit import fit
from mlm_steps.tables.fixed import fixed
from mlm_steps.tables.fixed_other_df import fixed_other_df
from mlm_steps.tables.heterogeneity import heterogeneity
from mlm_steps.tables.icc import icc
from mlm_steps.tables.johnson_neyman import johnson_neyman
from mlm_steps.tables.mean_differences import mean_differences
from mlm_steps.tables.means import means
from mlm_steps.tables.ols import ols
from mlm_steps.tables.random import random
from mlm_steps.tables.ranef import ranef
from mlm_steps.tables.ranova import ranova
from mlm_steps.tables.remedies import remedies
from mlm_steps.tables.remedies_fixed import remedies_fixed
from mlm_steps.tables.simple_slopes import simple_slopes
from mlm_steps.tables.singular import singular
from mlm_steps.tables.slope_differences import slope_differences
from mlm_steps.tables.trace import trace
from mlm_steps.tables.variance_explained import variance_explained
from mlm_steps.tables.vcov import vcov

__all__ = ["TABLES", "Table", "TableMaker"]

TABLES: dict[str, TableMaker] = {
    "fixed": fixed,
    "vcov": vcov,
    "fixed_other_df": fixed_other_df,
    "anova": anova,
    "anova_other_df": anova_other_df,
    "random": random,
    "fit": fit,
    "comparison": comparison,
    "ranova": ranova,
    "heterogeneity": heterogeneity,
    "variance_explained": variance_explained,
    "icc": icc,
    "ranef": ranef,
    "ols": ols,
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
}
