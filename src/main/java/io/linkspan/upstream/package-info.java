/**
 * Legacy services, hidden behind bus addresses: what is sent to them, in which order, how often,
 * and what becomes of it while they are away.
 */
package io.linkspan.upstream;
