package io.linkspan.trace;

import io.linkspan.config.ConfigNode;

/**
 * Settings of the live trace and of the timeline of Messages.
 *
 * @param watchers live traces at a time that this node serves
 * @param payload bytes of a payload that a live trace shows
 * @param sample the steps of one of so many Messages are recorded; 0 is none
 * @param steps the latest steps that each event loop keeps
 */
public record TraceConfig(int watchers, int payload, int sample, int steps) {

  /** The settings when nothing is recorded and nobody may watch. */
  public static final TraceConfig OFF = new TraceConfig(0, 0, 0, 1);

  private static final int MAX_WATCHERS = 64;
  private static final int MAX_PAYLOAD = 64 << 10;
  private static final int MAX_SAMPLE = 1_000_000;
  private static final int MIN_STEPS = 1 << 10;
  private static final int MAX_STEPS = 1 << 22;

  /** Reads the section {@code trace}. */
  public static TraceConfig read(ConfigNode trace) {
    return new TraceConfig(
        trace.count("watchers", 0, MAX_WATCHERS),
        trace.size("payload", 0, MAX_PAYLOAD),
        trace.count("sample", 0, MAX_SAMPLE),
        trace.count("steps", MIN_STEPS, MAX_STEPS));
  }
}
