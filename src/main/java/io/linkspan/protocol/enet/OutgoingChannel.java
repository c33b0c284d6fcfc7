package io.linkspan.protocol.enet;

/** Numbers the commands of one channel and holds those in flight (§7.2, §7.4). */
final class OutgoingChannel {
  private static final int WINDOW_SIZE = 4096;
  private static final int WINDOWS = 16;

  /** Windows that must be clear before a new one is opened; a receiver acknowledges 7 ahead. */
  private static final int CLEAR_WINDOWS = 10;

  private int reliable;
  private int unreliable;
  private final short[] inWindow = new short[WINDOWS];
  private int usedWindows;
  private final SequenceMap<OutgoingCommand> inFlight = new SequenceMap<>();

  int reliable() {
    return reliable;
  }

  int nextReliable() {
    unreliable = 0;
    reliable = (reliable + 1) & 0xFFFF;
    return reliable;
  }

  /** Whether the unreliable numbers after this reliable message are used up. */
  boolean isUnreliableExhausted() {
    return unreliable == 0xFFFF;
  }

  int nextUnreliable() {
    return ++unreliable;
  }

  /** Whether a command never sent would open a window that the receiver may not accept yet. */
  boolean isBlocked(int sequence) {
    if ((sequence & (WINDOW_SIZE - 1)) != 0) {
      return false;
    }
    int window = sequence / WINDOW_SIZE;
    int doubled = usedWindows | usedWindows << WINDOWS;
    return inWindow[(window + WINDOWS - 1) % WINDOWS] >= WINDOW_SIZE
        || (doubled >>> window & ((1 << CLEAR_WINDOWS) - 1)) != 0;
  }

  void sentFirst(OutgoingCommand command) {
    int window = command.sequence / WINDOW_SIZE;
    inWindow[window]++;
    usedWindows |= 1 << window;
    inFlight.put(command);
  }

  /** Removes the acknowledged command; null when none with that number is in flight. */
  OutgoingCommand acknowledged(int sequence) {
    var command = inFlight.remove(sequence);
    if (command != null) {
      int window = sequence / WINDOW_SIZE;
      if (--inWindow[window] == 0) {
        usedWindows &= ~(1 << window);
      }
    }
    return command;
  }

  OutgoingCommand inFlight(int sequence) {
    return inFlight.get(sequence);
  }
}
