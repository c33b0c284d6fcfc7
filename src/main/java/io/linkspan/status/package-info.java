/** The state of all nodes and the latest events of their sessions, for operators. */
package io.linkspan.status;
