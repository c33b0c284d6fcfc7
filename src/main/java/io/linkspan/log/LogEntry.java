package io.linkspan.log;

import com.google.protobuf.ByteString;

/**
 * A Message in a log.
 *
 * @param offset one more than that of the entry that was appended before it
 * @param time at which it was appended
 * @param expires time from which it is not read
 * @param message in its encoded form
 */
public record LogEntry(long offset, long time, long expires, ByteString message) {}
