package io.linkspan.admission;

/**
 * The identity of a client.
 *
 * @param user the authenticated name
 * @param anonymous whether the gateway made the name up: the client cannot reconnect under it
 */
public record Identity(String user, boolean anonymous) {}
