/**
 * Legacy services behind bus addresses: queues, order, retries, the circuit breaker, and what is
 * held while a service is unavailable.
 */
package io.linkspan.upstream;
