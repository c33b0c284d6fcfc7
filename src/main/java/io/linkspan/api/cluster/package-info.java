/**
 * Membership in a cluster for processes without clients. A package of its own above {@link
 * io.linkspan.api}: it needs the cluster, whose sessions need the schema.
 */
package io.linkspan.api.cluster;
