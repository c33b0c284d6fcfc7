package io.linkspan.protocol.enet;

/**
 * Holds commands in order. The list runs through the commands, so that any can be removed at once.
 */
final class CommandQueue {
  private OutgoingCommand first;
  private OutgoingCommand last;

  OutgoingCommand first() {
    return first;
  }

  OutgoingCommand last() {
    return last;
  }

  boolean isEmpty() {
    return first == null;
  }

  void addLast(OutgoingCommand command) {
    command.previous = last;
    command.next = null;
    if (last == null) {
      first = command;
    } else {
      last.next = command;
    }
    last = command;
  }

  void addFirst(OutgoingCommand command) {
    command.previous = null;
    command.next = first;
    if (first == null) {
      last = command;
    } else {
      first.previous = command;
    }
    first = command;
  }

  void remove(OutgoingCommand command) {
    if (command.previous == null) {
      first = command.next;
    } else {
      command.previous.next = command.next;
    }
    if (command.next == null) {
      last = command.previous;
    } else {
      command.next.previous = command.previous;
    }
    command.previous = null;
    command.next = null;
  }
}
