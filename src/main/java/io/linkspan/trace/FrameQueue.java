package io.linkspan.trace;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Frames that wait for a watcher, as JSON; bounded by their number and their characters. What does
 * not fit is lost and counted. Pure.
 */
public final class FrameQueue {

  /** Frames that wait at most. */
  public static final int MAX_FRAMES = 512;

  /** Characters that wait at most. */
  public static final int MAX_LENGTH = 256 << 10;

  private final Queue<String> frames = new ArrayDeque<>();
  private int length;
  private long lost;

  /** Adds a frame, or counts it as lost when the queue is full or earlier ones were lost. */
  public void add(String frame) {
    // After a loss, the number of the lost ones is reported before the next frame.
    if (lost > 0 || frames.size() >= MAX_FRAMES || length + frame.length() > MAX_LENGTH) {
      lost++;
    } else {
      frames.add(frame);
      length += frame.length();
    }
  }

  /** Counts frames that were lost elsewhere. */
  public void lose(long count) {
    lost += count;
  }

  /** Removes and returns the oldest frame; null when there is none. */
  public String poll() {
    String frame = frames.poll();
    if (frame != null) {
      length -= frame.length();
    }
    return frame;
  }

  /** Returns whether neither a frame nor a number of lost ones waits. */
  public boolean isEmpty() {
    return frames.isEmpty() && lost == 0;
  }

  /** Returns how many frames were lost after those that wait, and forgets the number. */
  public long takeLost() {
    long count = lost;
    lost = 0;
    return count;
  }
}
