package io.linkspan.trace;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Records the latest steps of the Messages of one shard in a ring of fixed slots, by the hash codes
 * of eventId and sender. Recording allocates nothing. Used only on the shard's event loop.
 *
 * <pre>
 *   slots   │ hash of eventId : hash of sender │ nanoseconds │ step : code : number │
 *   subjects│ text that lives elsewhere anyway │
 *   texts   │ reasons of the latest failures, by the number of the failure    │
 * </pre>
 */
public final class Timeline {

  /** A timeline that records nothing. */
  public static final Timeline OFF = new Timeline(0, 1);

  /** Steps of one query; more of one Message are left out. */
  static final int MAX_FOUND = 500;

  private static final int WIDTH = 3;
  private static final int STEP_SHIFT = 48;
  private static final int CODE_SHIFT = 32;
  private static final int MAX_CODE = 0xffff;
  private static final int HASH_BITS = 32;
  private static final long LOW = 0xffff_ffffL;

  /** Reasons that are kept; the text of an older one is lost, its code is not. */
  private static final int TEXTS = 1_024;

  private static final int LONGEST_TEXT = 256;

  /** Factor of Fibonacci hashing: similar eventIds are sampled independently. */
  private static final int SPREAD = 0x9e3779b9;

  /** A larger difference of the two clocks means that one was set; microseconds. */
  private static final long MAX_DEVIATION = 1_000_000;

  /** Shared by all event loops. */
  private static final AtomicLong WALL_OFFSET = new AtomicLong();

  private final int sample;
  private final int mask;
  private final long[] slots;
  private final String[] subjects;
  private final String[] texts;
  private int failures;
  private long count;

  /**
   * Creates an empty timeline.
   *
   * @param sample records one of so many Messages; 0 records none
   * @param steps slots of the ring, rounded up to a power of two
   */
  public Timeline(int sample, int steps) {
    this.sample = sample;
    int size = sample == 0 ? 1 : Integer.highestOneBit(Math.max(2, steps * 2 - 1));
    mask = size - 1;
    slots = new long[size * WIDTH];
    subjects = new String[size];
    texts = new String[sample == 0 ? 0 : TEXTS];
  }

  /** Returns whether steps are recorded at all. */
  public boolean isOn() {
    return sample != 0;
  }

  /**
   * Records a step.
   *
   * @param message with eventId and sender
   * @param number attempt, or 0
   * @param subject see {@link Step}; a text that others hold too
   */
  public void record(Step step, Message message, int number, String subject) {
    if (sample != 0) {
      record(step, message.getEventId(), message.getFrom(), number, subject);
    }
  }

  /**
   * Records a step at a time that the caller has read already.
   *
   * @param time in {@link System#nanoTime()}
   */
  public void recordAt(long time, Step step, Message message, String subject) {
    if (sample != 0) {
      write(step, 0, 0, message.getEventId(), message.getFrom(), subject, time);
    }
  }

  /** Records a step of the Message with this eventId and sender. */
  public void record(Step step, String eventId, String from, int number, String subject) {
    write(step, 0, number, eventId, from, subject);
  }

  /** Records a step that is a failure; its reason is kept for a while. */
  public void fail(Step step, Message message, MessageException why, String subject) {
    if (sample != 0) {
      fail(step, message.getEventId(), message.getFrom(), why, subject);
    }
  }

  /** Records the failure of the Message with this eventId and sender. */
  public void fail(Step step, String eventId, String from, MessageException why, String subject) {
    if (write(step, why.code().number(), failures, eventId, from, subject)) {
      String text = why.getMessage();
      texts[failures++ & TEXTS - 1] =
          text != null && text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) : text;
    }
  }

  private boolean write(
      Step step, int code, int number, String eventId, String from, String subject) {
    return sample != 0 && write(step, code, number, eventId, from, subject, System.nanoTime());
  }

  private boolean write(
      Step step, int code, int number, String eventId, String from, String subject, long time) {
    int hash = eventId.hashCode();
    if (sample > 1 && Integer.remainderUnsigned(hash * SPREAD, sample) != 0) {
      return false;
    }
    int slot = (int) count++ & mask;
    int at = slot * WIDTH;
    slots[at] = keyOf(hash, from.hashCode());
    slots[at + 1] = time;
    slots[at + 2] =
        ((long) step.number() << STEP_SHIFT) | ((long) code << CODE_SHIFT) | (number & LOW);
    subjects[slot] = subject;
    return true;
  }

  private static long keyOf(int eventId, int from) {
    return ((long) eventId << HASH_BITS) | (from & LOW);
  }

  /**
   * Returns the steps of a Message that are still in the ring, in order.
   *
   * @param from its sender; null for any
   * @param place fields that each step gets in front
   */
  public List<Found> find(String eventId, String from, JsonObject place) {
    long key = keyOf(eventId.hashCode(), from == null ? 0 : from.hashCode());
    long relevant = from == null ? ~LOW : ~0L;
    long offset = wallOffset();
    List<Found> found = new ArrayList<>();
    for (long i = Math.max(0, count - mask - 1); i < count && found.size() < MAX_FOUND; i++) {
      int at = ((int) i & mask) * WIDTH;
      if (((slots[at] ^ key) & relevant) == 0) {
        long time = slots[at + 1] / 1_000 + offset;
        found.add(new Found(time, (int) slots[at], describe((int) i & mask, place)));
      }
    }
    return found;
  }

  /**
   * Returns the microseconds from the monotonic clock to the time since 1970. All shards of a node
   * use the same value, so that their steps are in order, until the system's clock is set.
   */
  private static long wallOffset() {
    long measured = System.currentTimeMillis() * 1_000 - System.nanoTime() / 1_000;
    long shared = WALL_OFFSET.get();
    if (Math.abs(measured - shared) > MAX_DEVIATION) {
      WALL_OFFSET.compareAndSet(shared, measured);
    }
    return WALL_OFFSET.get();
  }

  private JsonObject describe(int slot, JsonObject place) {
    long packed = slots[slot * WIDTH + 2];
    Step step = Step.of((int) (packed >>> STEP_SHIFT));
    int code = (int) (packed >>> CODE_SHIFT) & MAX_CODE;
    JsonObject json = place.copy().put("step", step.label());
    if (subjects[slot] != null) {
      json.put(step.isOfSession() ? "session" : "to", subjects[slot]);
    }
    if (step == Step.WRITTEN) {
      json.put("attempt", (int) packed);
    } else if (code != 0) {
      json.put("code", code).put("reason", reason((int) packed));
    }
    return json;
  }

  /** Returns the reason of a failure; null when it is not kept. */
  private String reason(int failure) {
    return failures - failure <= TEXTS ? texts[failure & TEXTS - 1] : null;
  }

  /**
   * One step.
   *
   * @param time microseconds since 1970
   * @param sender distinguishes senders that chose the same eventId
   */
  public record Found(long time, int sender, JsonObject step) {}
}
