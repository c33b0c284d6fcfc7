/** Refuses clients until a time: by their token, their user or their network. */
package io.linkspan.revocation;
