package io.linkspan.telemetry;

import java.util.Locale;

/** Something that happens to a Message within a span. */
public enum SpanEvent {
  /** The client sent the Message again before its outcome was known. */
  DUPLICATE,
  /** The Message waits for earlier ones, or for the client to resume. */
  HELD,
  /** The session moved to another shard, which delivers the Message. */
  MOVED,
  /** A newer Message took its place before it was written. */
  SUPERSEDED;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Returns the name in traces. */
  public String label() {
    return label;
  }
}
