package io.linkspan.admission;

/**
 * Who a client is.
 *
 * @param user the authenticated name
 * @param anonymous made up by the gateway: the client can not come back under this name
 */
public record Identity(String user, boolean anonymous) {}
