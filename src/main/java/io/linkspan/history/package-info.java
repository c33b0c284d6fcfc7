/**
 * The history of groups: Messages to a group that are kept in a log, so that members get them later
 * and in one order. The core, {@link io.linkspan.history.GroupFeed}, is pure.
 */
package io.linkspan.history;
