package io.linkspan.log;

import com.google.protobuf.ByteString;

/**
 * A Message to be appended to a log.
 *
 * @param message in its encoded form
 * @param expires time from which it is not read; it may be earlier than the age of the bounds says
 */
public record NewEntry(ByteString message, long expires) {}
