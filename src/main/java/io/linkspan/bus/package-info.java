/**
 * Carries requests between event loops and nodes. Internal: the api, the shards and the relays
 * build on it, and it depends on none of them.
 */
package io.linkspan.bus;
