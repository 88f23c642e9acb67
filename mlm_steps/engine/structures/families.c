/* The families of mlm_steps/engine/families in C; the modules there explain the formulas. */

#include "families.h"

#include <math.h>

/* As EXTREME, SMALL and MILLS in Python. */
#define EXTREME 300.0
#define SMALL 1e-2

/* Value above which a product of terms is replaced by its logarithm. */
#define FULL 1e280

/* Distance below zero beyond which erfc is nearly zero and the tail of the normal distribution is a series. */
#define FAR 30.0

static const double ROOT_HALF = 0.70710678118654752440, LOG_ROOT_2PI = 0.91893853320467274178;

static double logit_rows(idx m, const double *eta, const double *y, const double *trials, const double *a,
                         double *slope, double *curvature, double *bend)
{
    double total = 0.0, product = 1.0;
    for (idx i = 0; i < m; i++) {
        const double n = trials[i], k = y[i], rest = n - k, x = eta[i], e = exp(-fabs(x));
        const double large = 1.0 / (1.0 + e), small = e * large;
        const double event = x >= 0.0 ? large : small, complement = x >= 0.0 ? small : large;
        const double weight = a[i], w = weight * n * large * small;
        slope[i] = weight * (k * complement - rest * event);
        curvature[i] = w;
        bend[i] = w * (complement - event);
        total += weight * (x < 0.0 ? k * x : -rest * x);
        /* The sum of log(1 + e) is the logarithm of a product. */
        if (weight * n == 1.0) {
            product *= 1.0 + e;
            if (product > FULL) {
                total -= log(product);
                product = 1.0;
            }
        } else
            total -= weight * n * log1p(e);
    }
    return total - log(product);
}

/* log Phi and its derivatives: the slope A, A (x + A), and the derivative of the latter. */
static double normal_tail(double x, double *A, double *curved, double *bent)
{
    if (x > -FAR) {
        const double tail = 0.5 * erfc(-ROOT_HALF * x);
        const double slope = exp(-0.5 * x * x - LOG_ROOT_2PI) / tail;
        *A = slope;
        *curved = slope * (x + slope);
        *bent = slope * (1.0 - *curved) - *curved * (x + slope);
        return log(tail);
    }
    /* x + A = 1/t - 2/t^3 + 10/t^5 - 74/t^7 + 706/t^9 for t = -x. */
    const double t = -x, r = 1.0 / (t * t);
    const double beyond = (1.0 - r * (2.0 - r * (10.0 - r * (74.0 - 706.0 * r)))) / t;
    *A = t + beyond;
    *curved = *A * beyond;
    *bent = *A * (1.0 - *curved) - *curved * beyond;
    return -0.5 * x * x - LOG_ROOT_2PI - log(*A);
}

static double probit_rows(idx m, const double *eta, const double *y, const double *trials, const double *a,
                          double *slope, double *curvature, double *bend)
{
    double total = 0.0;
    for (idx i = 0; i < m; i++) {
        const double k = a[i] * y[i], rest = a[i] * (trials[i] - y[i]);
        double g = 0.0, w = 0.0, b = 0.0, A, curved, bent;
        if (k > 0.0) {
            total += k * normal_tail(eta[i], &A, &curved, &bent);
            g += k * A;
            w += k * curved;
            b += k * bent;
        }
        if (rest > 0.0) {
            total += rest * normal_tail(-eta[i], &A, &curved, &bent);
            g -= rest * A;
            w += rest * curved;
            b -= rest * bent;
        }
        slope[i] = g;
        curvature[i] = w;
        bend[i] = b;
    }
    return total;
}

static double cloglog_rows(idx m, const double *eta, const double *y, const double *trials, const double *a,
                           double *slope, double *curvature, double *bend)
{
    double total = 0.0;
    for (idx i = 0; i < m; i++) {
        const double k = a[i] * y[i], rest = a[i] * (trials[i] - y[i]);
        const double e = exp(fmin(eta[i], EXTREME));
        double g = -rest * e, w = rest * e, b = rest * e;
        total -= rest * e;
        if (k > 0.0) {
            const double r = e == 0.0 ? 1.0 : e / expm1(e);
            const double t = e < SMALL ? e * (0.5 + e * (1.0 / 12.0 - e * e / 720.0)) : e + r - 1.0;
            total += k * (e < SMALL ? eta[i] + e * (-0.5 + e * (1.0 / 24.0 - e * e / 2880.0)) : log(-expm1(-e)));
            g += k * r;
            w += k * r * t;
            b += k * r * (e - t * t - r * t);
        }
        slope[i] = g;
        curvature[i] = w;
        bend[i] = b;
    }
    return total;
}

static double poisson_rows(idx m, const double *eta, const double *y, const double *a, double *slope,
                           double *curvature, double *bend)
{
    double total = 0.0;
    for (idx i = 0; i < m; i++) {
        const double mu = exp(fmin(eta[i], EXTREME));
        total += a[i] * (y[i] * eta[i] - mu);
        slope[i] = a[i] * (y[i] - mu);
        bend[i] = curvature[i] = a[i] * mu;
    }
    return total;
}

static double negative_binomial_rows(double phi, idx m, const double *eta, const double *y, const double *a,
                                     double *slope, double *curvature, double *bend)
{
    double total = 0.0;
    const double log_phi = log(phi);
    for (idx i = 0; i < m; i++) {
        const double mu = exp(fmin(eta[i], EXTREME));
        const double share = mu / (phi + mu), rest = phi / (phi + mu);
        const double w = a[i] * share * rest * (y[i] + phi);
        /* log(1 + mu / phi) in this form stays right where mu would overflow. */
        const double x = eta[i] - log_phi;
        total += a[i] * (y[i] * eta[i] - (y[i] + phi) * (fmax(x, 0.0) + log1p(exp(-fabs(x)))));
        slope[i] = a[i] * (y[i] * rest - phi * share);
        curvature[i] = w;
        bend[i] = w * (rest - share);
    }
    return total;
}

static double gamma_rows(double phi, idx m, const double *eta, const double *y, const double *a, double *slope,
                         double *curvature, double *bend)
{
    double total = 0.0;
    for (idx i = 0; i < m; i++) {
        const double t = y[i] * exp(fmin(-eta[i], EXTREME)), w = a[i] * phi * t;
        total -= a[i] * phi * (eta[i] + t);
        slope[i] = w - a[i] * phi;
        curvature[i] = w;
        bend[i] = -w;
    }
    return total;
}

double family_rows(int family, double phi, idx m, const double *eta, const double *y, const double *trials,
                   const double *a, double *slope, double *curvature, double *bend)
{
    switch (family) {
    case LOGIT:
        return logit_rows(m, eta, y, trials, a, slope, curvature, bend);
    case PROBIT:
        return probit_rows(m, eta, y, trials, a, slope, curvature, bend);
    case CLOGLOG:
        return cloglog_rows(m, eta, y, trials, a, slope, curvature, bend);
    case POISSON:
        return poisson_rows(m, eta, y, a, slope, curvature, bend);
    case NEGATIVE_BINOMIAL:
        return negative_binomial_rows(phi, m, eta, y, a, slope, curvature, bend);
    default:
        return gamma_rows(phi, m, eta, y, a, slope, curvature, bend);
    }
}

void family_dispersion(int family, double phi, idx m, const double *eta, const double *y, double *density,
                       double *slope, double *curvature)
{
    for (idx i = 0; i < m; i++) {
        if (family == NEGATIVE_BINOMIAL) {
            const double mu = exp(fmin(eta[i], EXTREME)), total = phi + mu, share = mu / total;
            const double relative = (y[i] - mu) / total;
            density[i] = (y[i] + phi) * share - phi * log1p(mu / phi);
            slope[i] = phi * relative * share;
            curvature[i] = share * (phi / total) * (y[i] + phi) * (2.0 * share - y[i] / (y[i] + phi));
        } else if (family == GAMMA) {
            const double t = y[i] * exp(fmin(-eta[i], EXTREME));
            density[i] = -phi * (eta[i] + t);
            slope[i] = phi * (t - 1.0);
            curvature[i] = phi * t;
        } else
            density[i] = slope[i] = curvature[i] = 0.0;
    }
}
