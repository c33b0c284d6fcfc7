package io.linkspan.protocol.enet;

/** Keeps commands for reuse. All peers of a host share it. */
final class CommandPool {
  private static final int MOST = 8192;

  private OutgoingCommand free;
  private int kept;
  private int inUse;

  OutgoingCommand take() {
    inUse++;
    if (free == null) {
      return new OutgoingCommand();
    }
    var command = free;
    free = command.next;
    command.next = null;
    kept--;
    return command;
  }

  void giveBack(OutgoingCommand command) {
    inUse--;
    command.clear();
    if (kept < MOST) {
      command.next = free;
      free = command;
      kept++;
    }
  }

  void giveBackAll(CommandQueue queue) {
    for (var command = queue.first(); command != null; command = queue.first()) {
      queue.remove(command);
      giveBack(command);
    }
  }

  /** Number of commands that are queued or in flight. */
  int inUse() {
    return inUse;
  }
}
