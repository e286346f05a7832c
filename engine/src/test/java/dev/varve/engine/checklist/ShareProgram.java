package dev.varve.engine.checklist;

import java.lang.reflect.Method;
import java.util.Arrays;

/** Runs another program, whose class is its first word, and then says what was reserved on the machine before it and after it. */
public final class ShareProgram {
    private ShareProgram() {
    }

    public static void main(String[] arguments) throws Exception {
        Method program = Class.forName(arguments[0]).getDeclaredMethod("main", String[].class);
        program.setAccessible(true);
        long before = MachineShare.used();
        program.invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
        System.out.println(MachineShare.said(before));
    }
}
