package io.linkspan.history;

import io.linkspan.log.LogPosition;

/**
 * Where a client begins to read a group's history.
 *
 * @param from position of the first Message that it gets
 * @param end of the log, when it was read
 * @param isComplete whether it gets everything that it asked for
 */
public record Recovery(LogPosition from, LogPosition end, boolean isComplete) {}
