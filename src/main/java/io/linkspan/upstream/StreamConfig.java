package io.linkspan.upstream;

import io.linkspan.config.ConfigNode;
import java.time.Duration;
import java.util.Map;

/**
 * Settings for answers that are streamed: they reach the client in parts, while the service still
 * writes them.
 *
 * @param mode which answers are streamed
 * @param window parts of one answer that the client has not acknowledged; the service must wait
 *     then
 * @param maxPart bytes of one event or chunk; a longer event ends the answer, a chunk is split
 * @param idle time without a byte from the service while it may send
 * @param longest time from the first byte of an answer to its end
 * @param perSession answers that are streamed to one session at a time
 * @param max answers that are streamed at a time
 */
public record StreamConfig(
    Mode mode, int window, int maxPart, Duration idle, Duration longest, int perSession, int max) {

  /** Selects the answers that are streamed. */
  public enum Mode {
    /** None. */
    NONE,
    /** Those of type {@code text/event-stream}. */
    SSE,
    /** All that have a body, as chunks of bytes or text. */
    CHUNKS,
    /** Event streams, and as chunks what comes without a length. */
    AUTO
  }

  /** No answer is streamed. */
  public static final StreamConfig OFF =
      new StreamConfig(Mode.NONE, 1, 1, Duration.ZERO, Duration.ZERO, 0, 0);

  private static final int MOST_PARTS = 1_000;
  private static final int MOST_STREAMS = 100_000;
  private static final int SMALLEST_PART = 64;
  private static final Map<String, Mode> MODES =
      Map.of("none", Mode.NONE, "sse", Mode.SSE, "chunks", Mode.CHUNKS, "auto", Mode.AUTO);

  /** Returns whether any answer is streamed. */
  public boolean isOn() {
    return mode != Mode.NONE;
  }

  /** Reads the section {@code stream} of a service. */
  public static StreamConfig read(ConfigNode stream) {
    Mode mode = stream.choice("mode", MODES);
    return new StreamConfig(
        mode == null ? Mode.NONE : mode,
        stream.count("window", 1, MOST_PARTS),
        stream.size("maxPart", SMALLEST_PART),
        stream.duration("idle"),
        stream.duration("longest"),
        stream.count("perSession", 1),
        stream.count("max", 1, MOST_STREAMS));
  }
}
