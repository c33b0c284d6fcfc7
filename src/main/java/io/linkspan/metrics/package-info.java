/**
 * Measures how long things take: histograms with fixed buckets that event loops write without
 * contention. A leaf: it depends on no other package of the gateway.
 */
package io.linkspan.metrics;
