package io.linkspan.cluster;

import com.hazelcast.config.ClassFilter;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.SerializationConfig;

/**
 * Restricts the classes that a member creates from Java's own serialization. The directory and
 * Vert.x have forms of their own; only failures of operations travel that way. What is not in this
 * list is rejected by its name, before an object of it exists.
 */
final class JavaClasses {

  /** Parts of every failure. */
  private static final String[] PARTS = {
    "java.lang.Throwable",
    "java.lang.Exception",
    "java.lang.RuntimeException",
    "java.lang.Error",
    "java.lang.StackTraceElement",
    "[Ljava.lang.StackTraceElement;",
    // The list of suppressed failures, in the forms that it has in the supported versions of Java.
    "java.util.CollSer",
    "java.util.Collections$EmptyList",
    "java.util.ArrayList",
    // The member that a MemberLeftException names.
    "com.hazelcast.version.MemberVersion"
  };

  private static final String[] FAILURES = {
    "java.io.EOFException",
    "java.io.IOException",
    "java.io.InvalidClassException",
    "java.io.NotSerializableException",
    "java.io.ObjectStreamException",
    "java.io.UncheckedIOException",
    "java.lang.ArithmeticException",
    "java.lang.AssertionError",
    "java.lang.ClassCastException",
    "java.lang.ClassNotFoundException",
    "java.lang.IllegalArgumentException",
    "java.lang.IllegalStateException",
    "java.lang.IndexOutOfBoundsException",
    "java.lang.InterruptedException",
    "java.lang.LinkageError",
    "java.lang.NoClassDefFoundError",
    "java.lang.NullPointerException",
    "java.lang.OutOfMemoryError",
    "java.lang.ReflectiveOperationException",
    "java.lang.SecurityException",
    "java.lang.StackOverflowError",
    "java.lang.UnsupportedOperationException",
    "java.lang.VirtualMachineError",
    "java.util.ConcurrentModificationException",
    "java.util.NoSuchElementException",
    "java.util.concurrent.CancellationException",
    "java.util.concurrent.CompletionException",
    "java.util.concurrent.ExecutionException",
    "java.util.concurrent.RejectedExecutionException",
    "java.util.concurrent.TimeoutException",
    "com.hazelcast.core.ConsistencyLostException",
    "com.hazelcast.core.HazelcastException",
    "com.hazelcast.core.HazelcastInstanceNotActiveException",
    "com.hazelcast.core.HazelcastOverloadException",
    "com.hazelcast.core.IndeterminateOperationStateException",
    "com.hazelcast.core.LocalMemberResetException",
    "com.hazelcast.core.MemberLeftException",
    "com.hazelcast.core.OperationTimeoutException",
    "com.hazelcast.core.RuntimeInterruptedException",
    "com.hazelcast.internal.cluster.impl.ClusterTopologyChangedException",
    "com.hazelcast.internal.cluster.impl.ConfigMismatchException",
    "com.hazelcast.internal.cluster.impl.VersionMismatchException",
    "com.hazelcast.internal.partition.PartitionStateVersionMismatchException",
    "com.hazelcast.map.QueryResultSizeExceededException",
    "com.hazelcast.map.ReachedMaxSizeException",
    "com.hazelcast.nio.serialization.HazelcastSerializationException",
    "com.hazelcast.partition.NoDataMemberInClusterException",
    "com.hazelcast.query.QueryException",
    "com.hazelcast.spi.exception.CallerNotMemberException",
    "com.hazelcast.spi.exception.DistributedObjectDestroyedException",
    "com.hazelcast.spi.exception.PartitionMigratingException",
    "com.hazelcast.spi.exception.ResponseAlreadySentException",
    "com.hazelcast.spi.exception.RetryableHazelcastException",
    "com.hazelcast.spi.exception.RetryableIOException",
    "com.hazelcast.spi.exception.ServiceNotFoundException",
    "com.hazelcast.spi.exception.TargetDisconnectedException",
    "com.hazelcast.spi.exception.TargetNotMemberException",
    "com.hazelcast.spi.exception.WrongTargetException",
    "com.hazelcast.splitbrainprotection.SplitBrainProtectionException"
  };

  private JavaClasses() {}

  static void restrict(SerializationConfig config) {
    config.setJavaSerializationFilterConfig(
        new JavaSerializationFilterConfig()
            // Everything of Java and Hazelcast.
            .setDefaultsDisabled(true)
            .setWhitelist(new ClassFilter().addClasses(PARTS).addClasses(FAILURES)));
  }
}
