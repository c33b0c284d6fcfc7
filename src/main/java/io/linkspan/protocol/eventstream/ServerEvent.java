package io.linkspan.protocol.eventstream;

/**
 * One event of an event stream.
 *
 * @param type value of the last {@code event} field; empty without one
 * @param data values of the {@code data} fields, with a line feed between two
 * @param lastId value of the last {@code id} field of the stream; empty without one
 */
public record ServerEvent(String type, String data, String lastId) {}
