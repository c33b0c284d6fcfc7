/**
 * Spreads clients over the nodes again, after nodes have joined or left: counts, decides and asks
 * the shards, which ask their clients to reconnect.
 */
package io.linkspan.rebalance;
