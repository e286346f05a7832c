package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoTest {
    @Test
    void shouldCallEveryNumberByItsConstant() throws IllegalAccessException {
        Set<Integer> numbers = new HashSet<>();
        for (Field field : Errno.class.getDeclaredFields()) {
            if (Modifier.isPublic(field.getModifiers())) {
                int errno = field.getInt(null);
                assertThat(numbers.add(errno)).as("%s is another's number", field.getName()).isTrue();
                assertThat(Errno.name(errno)).isEqualTo(field.getName());
                assertThat(Errno.describe(errno)).startsWith(field.getName() + ": ").hasSizeGreaterThan(field.getName().length() + 5);
            }
        }
        assertThat(numbers).isNotEmpty();
    }

    /** As in the kernel's asm-generic/errno-base.h and asm-generic/errno.h. */
    @ParameterizedTest
    @CsvSource({"1,EPERM", "2,ENOENT", "4,EINTR", "5,EIO", "6,ENXIO", "9,EBADF", "11,EAGAIN", "12,ENOMEM", "13,EACCES", "14,EFAULT",
        "17,EEXIST", "19,ENODEV", "20,ENOTDIR", "21,EISDIR", "22,EINVAL", "23,ENFILE", "24,EMFILE", "27,EFBIG", "28,ENOSPC", "30,EROFS",
        "38,ENOSYS", "40,ELOOP", "95,EOPNOTSUPP", "122,EDQUOT"})
    void shouldHaveTheKernelsNumbers(int errno, String name) {
        assertThat(Errno.name(errno)).isEqualTo(name);
    }

    @Test
    void shouldNameTheLimitThatOpenFilesMeet() {
        assertThat(Errno.describe(24)).startsWith("EMFILE: too many open files").contains("ulimit -n");
        assertThat(Errno.describe(23)).startsWith("ENFILE: too many open files").contains("fs.file-max");
    }

    @Test
    void shouldShowNumbersItDoesNotKnow() {
        assertThat(Errno.name(99)).isEqualTo("errno 99");
        assertThat(Errno.describe(99)).isEqualTo("errno 99: see errno(3)");
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.ENOSPC, Errno.EDQUOT})
    void shouldTellLackOfSpaceFromOtherFailures(int errno) {
        IoFailureException failure = IoFailureException.of("allocating 8 bytes for log/x", errno);

        assertThat(failure).isInstanceOf(NoSpaceException.class)
            .hasMessage("allocating 8 bytes for log/x failed: " + Errno.describe(errno));
        assertThat(failure.errno()).isEqualTo(errno);
    }

    @Test
    void shouldKeepTheErrnoOfOtherFailures() {
        IoFailureException failure = IoFailureException.of("opening log/x", Errno.EACCES);

        assertThat(failure).isExactlyInstanceOf(IoFailureException.class).hasMessage("opening log/x failed: EACCES: permission denied");
        assertThat(failure.errno()).isEqualTo(Errno.EACCES);
        assertThat(new StorageContractException(StorageObstacle.NO_DIRECT_IO, "no O_DIRECT", Errno.EINVAL).errno()).isEqualTo(Errno.EINVAL);
        assertThat(new StorageContractException(StorageObstacle.NATIVE_ACCESS, "no native access",
            new IllegalCallerException()).errno()).isZero();
    }

    @Test
    void shouldKeepTheObstacleForPrograms() {
        assertThat(new StorageContractException(StorageObstacle.FORBIDDEN, "seccomp", Errno.EPERM).obstacle())
            .isEqualTo(StorageObstacle.FORBIDDEN);
        assertThat(new StorageContractException(StorageObstacle.NATIVE_ACCESS, "", new IllegalCallerException()).obstacle())
            .isEqualTo(StorageObstacle.NATIVE_ACCESS);
    }
}
