/**
 * Membership of a cluster for services in processes of their own. A package above {@link
 * io.linkspan.api}, because it needs the cluster, whose sessions need the schema.
 */
package io.linkspan.api.cluster;
