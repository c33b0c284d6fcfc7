/**
 * Reads YAML and environment variables into nodes, from which each part of the gateway reads its
 * own settings. Depends on no other package of the gateway.
 */
package io.linkspan.config;
