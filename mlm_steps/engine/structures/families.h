/* The log densities of generalized linear mixed models and their derivatives in the linear predictor. */

#ifndef MLM_FAMILIES_H
#define MLM_FAMILIES_H

#include "levels.h"

/* The numbers of `Family.kernel` in Python. */
enum { LOGIT, PROBIT, CLOGLOG, POISSON, NEGATIVE_BINOMIAL, GAMMA, FAMILIES };

/* Write a l', a w and a w' (w = -l'') of m rows; return the sum of a l without the part that does not depend on eta.
   a: frequency weights. */
double family_rows(int family, double phi, idx m, const double *eta, const double *y, const double *trials,
                   const double *a, double *slope, double *curvature, double *bend);

/* Write the derivatives in log(phi) of l (without the part that does not depend on eta), l' and w of m rows,
   without weights. */
void family_dispersion(int family, double phi, idx m, const double *eta, const double *y, double *density,
                       double *slope, double *curvature);

#endif
