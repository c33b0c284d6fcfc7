/**
 * Decides what a client may do: which recipients it may send to, which groups it may join and
 * publish to, and which namespaces it may connect to. Pure.
 *
 * <p>The rules of the configuration come first, in their order; the first one that matches decides.
 * Where none does, the capabilities of the client's token or of the hook decide. Where they do not
 * grant it either, the default does: refused, unless identities are not verified.
 */
package io.linkspan.permission;
