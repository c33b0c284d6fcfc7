package io.linkspan.cluster;

import com.hazelcast.config.SerializationConfig;
import com.hazelcast.config.SerializerConfig;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.StreamSerializer;
import io.linkspan.api.Revocation;
import io.linkspan.directory.SessionRef;
import io.linkspan.log.Appended;
import io.linkspan.log.BoundedLog;
import io.linkspan.log.LogRead;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Serializes the directory's entries and entry processors. A serialized form never changes once
 * released, since nodes of two versions run together in a rolling restart. A new form gets a new
 * id.
 */
final class DirectorySerializers {

  private interface Writer<T> {
    void write(ObjectDataOutput out, T value) throws IOException;
  }

  private interface Reader<T> {
    T read(ObjectDataInput in) throws IOException;
  }

  /** Serialized form of one type. */
  private record Form<T>(Class<T> type, int id, Writer<T> writer, Reader<T> reader)
      implements StreamSerializer<T> {

    @Override
    public int getTypeId() {
      return id;
    }

    @Override
    public void write(ObjectDataOutput out, T value) throws IOException {
      writer.write(out, value);
    }

    @Override
    public T read(ObjectDataInput in) throws IOException {
      return reader.read(in);
    }
  }

  private static final long NO_TIME = Long.MIN_VALUE;

  private static final List<Form<?>> ALL =
      List.of(
          // Ids 1 to 8, 10, 11 and 18 were those of a directory with an entry for each session.
          new Form<>(
              UserEntry.Remove.class,
              9,
              (out, remove) -> {
                writeRef(out, remove.session());
                out.writeLong(remove.keep());
              },
              in -> new UserEntry.Remove(readRef(in), in.readLong())),
          new Form<>(
              GroupEntry.class,
              12,
              (out, group) -> writeNames(out, group.nodes()),
              in -> new GroupEntry(readNames(in))),
          new Form<>(
              GroupEntry.Add.class,
              13,
              (out, add) -> out.writeString(add.node()),
              in -> new GroupEntry.Add(in.readString())),
          new Form<>(
              GroupEntry.Remove.class,
              14,
              (out, remove) -> out.writeString(remove.node()),
              in -> new GroupEntry.Remove(in.readString())),
          new Form<>(
              LostNodeFilter.class,
              15,
              DirectorySerializers::writeNodes,
              in -> new LostNodeFilter<>(readNames(in))),
          new Form<>(
              OtherNodeFilter.class,
              16,
              DirectorySerializers::writeNodes,
              in -> new OtherNodeFilter<>(readNames(in))),
          new Form<>(
              NodesExcept.class,
              17,
              DirectorySerializers::writeNodes,
              in -> new NodesExcept<>(readNames(in))),
          new Form<>(
              GroupEntry.RemoveLost.class,
              19,
              DirectorySerializers::writeNodes,
              in -> new GroupEntry.RemoveLost(readNames(in))),
          new Form<>(
              Revocation.class,
              20,
              DirectorySerializers::writeRevocation,
              DirectorySerializers::readRevocation),
          new Form<>(
              RevocationPut.class,
              21,
              (out, put) -> writeRevocation(out, put.added()),
              in -> new RevocationPut(readRevocation(in))),
          new Form<>(BoundedLog.class, 22, LogForms::writeLog, LogForms::readLog),
          new Form<>(LogProcessors.Append.class, 23, LogForms::writeAppend, LogForms::readAppend),
          new Form<>(LogProcessors.Read.class, 24, LogForms::writeRead, LogForms::readRead),
          new Form<>(LogProcessors.Remove.class, 25, LogForms::writeRemove, LogForms::readRemove),
          new Form<>(
              LogProcessors.Trim.class,
              26,
              (out, trim) -> LogForms.writePosition(out, trim.to()),
              in -> new LogProcessors.Trim(LogForms.readPosition(in))),
          new Form<>(
              LogProcessors.Expire.class,
              27,
              (out, expire) -> out.writeLong(expire.now()),
              in -> new LogProcessors.Expire(in.readLong())),
          new Form<>(Appended.class, 28, LogForms::writeAppended, LogForms::readAppended),
          new Form<>(LogRead.Page.class, 29, LogForms::writePage, LogForms::readPage),
          new Form<>(LogRead.Gone.class, 30, LogForms::writeGone, LogForms::readGone),
          new Form<>(
              UserEntry.class, 31, DirectorySerializers::writeUser, DirectorySerializers::readUser),
          new Form<>(
              UserEntry.Add.class,
              32,
              (out, add) -> writeRef(out, add.session()),
              in -> new UserEntry.Add(readRef(in))),
          new Form<>(
              UserEntry.Move.class,
              33,
              (out, move) -> {
                writeRef(out, move.from());
                out.writeString(move.to().shard());
              },
              in -> {
                SessionRef from = readRef(in);
                return new UserEntry.Move(
                    from, new SessionRef(from.session(), from.user(), in.readString()));
              }),
          new Form<>(
              UserEntry.Membership.class,
              34,
              (out, membership) -> {
                writeRef(out, membership.session());
                out.writeString(membership.group());
                out.writeBoolean(membership.member());
              },
              in -> new UserEntry.Membership(readRef(in), in.readString(), in.readBoolean())),
          new Form<>(
              UserEntry.Reclaim.class,
              35,
              (out, reclaim) -> {
                writeRef(out, reclaim.session());
                writeNames(out, reclaim.groups());
              },
              in -> new UserEntry.Reclaim(readRef(in), readNames(in))),
          new Form<>(
              UserEntry.TakeLost.class,
              36,
              DirectorySerializers::writeNodes,
              in -> new UserEntry.TakeLost(readNames(in))),
          new Form<>(
              UserEntry.Park.class,
              37,
              (out, park) -> {
                out.writeString(park.user());
                out.writeString(park.shard());
                out.writeLong(park.keep());
              },
              in -> new UserEntry.Park(in.readString(), in.readString(), in.readLong())));

  private DirectorySerializers() {}

  static void register(SerializationConfig config) {
    for (Form<?> form : ALL) {
      config.addSerializerConfig(
          new SerializerConfig().setTypeClass(form.type()).setImplementation(form));
    }
  }

  private static void writeRef(ObjectDataOutput out, SessionRef ref) throws IOException {
    out.writeString(ref.session());
    out.writeString(ref.user());
    out.writeString(ref.shard());
  }

  private static SessionRef readRef(ObjectDataInput in) throws IOException {
    return new SessionRef(in.readString(), in.readString(), in.readString());
  }

  private static void writeUser(ObjectDataOutput out, UserEntry entry) throws IOException {
    out.writeInt(entry.sessions().size());
    for (SessionRef session : entry.sessions()) {
      writeRef(out, session);
      writeNames(out, entry.groupsOf(session));
    }
    UserEntry.Parked parked = entry.parked();
    out.writeBoolean(parked != null);
    if (parked != null) {
      out.writeString(parked.user());
      out.writeString(parked.shard());
      out.writeLong(parked.until());
    }
  }

  private static UserEntry readUser(ObjectDataInput in) throws IOException {
    int count = in.readInt();
    List<SessionRef> sessions = new ArrayList<>();
    Map<String, Set<String>> groups = new HashMap<>();
    for (int i = 0; i < count; i++) {
      SessionRef session = readRef(in);
      sessions.add(session);
      Set<String> its = readNames(in);
      if (!its.isEmpty()) {
        groups.put(session.session(), its);
      }
    }
    UserEntry.Parked parked =
        in.readBoolean()
            ? new UserEntry.Parked(in.readString(), in.readString(), in.readLong())
            : null;
    return new UserEntry(List.copyOf(sessions), groups.isEmpty() ? Map.of() : groups, parked);
  }

  private static void writeRevocation(ObjectDataOutput out, Revocation entry) throws IOException {
    out.writeString(entry.id());
    out.writeString(entry.kind().label());
    out.writeString(entry.value());
    writeTime(out, entry.issuedBefore());
    writeTime(out, entry.until());
    writeTime(out, entry.createdAt());
    out.writeString(entry.reason());
    out.writeString(entry.source().label());
  }

  private static Revocation readRevocation(ObjectDataInput in) throws IOException {
    return new Revocation(
        in.readString(),
        Revocation.Kind.of(in.readString()),
        in.readString(),
        readTime(in),
        readTime(in),
        readTime(in),
        in.readString(),
        Revocation.Source.of(in.readString()));
  }

  private static void writeTime(ObjectDataOutput out, Instant time) throws IOException {
    out.writeLong(time == null ? NO_TIME : time.toEpochMilli());
  }

  private static Instant readTime(ObjectDataInput in) throws IOException {
    long time = in.readLong();
    return time == NO_TIME ? null : Instant.ofEpochMilli(time);
  }

  private static void writeNodes(ObjectDataOutput out, NodeIds some) throws IOException {
    writeNames(out, some.nodes());
  }

  private static void writeNames(ObjectDataOutput out, Collection<String> names)
      throws IOException {
    out.writeInt(names.size());
    for (String name : names) {
      out.writeString(name);
    }
  }

  private static Set<String> readNames(ObjectDataInput in) throws IOException {
    int count = in.readInt();
    if (count == 0) {
      return Set.of();
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      names.add(in.readString());
    }
    return names;
  }
}
