package io.linkspan.ops;

/**
 * The port for operators.
 *
 * @param port 0 is any free one
 * @param apiKey asked for as a Bearer token below {@code /v1}; empty asks for none
 */
public record ManagementConfig(String host, int port, String apiKey) {}
