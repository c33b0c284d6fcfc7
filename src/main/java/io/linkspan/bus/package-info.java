/**
 * Carries requests between event loops and nodes. Internal: the api, the shards and the relays
 * build on it, and nothing in here knows any of them.
 */
package io.linkspan.bus;
