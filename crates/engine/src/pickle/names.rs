//! The names that a pickle may use: those of which tensors are made, those that run programs and are refused, and all others,
//! whose values stand as nothing that can be read.

use tch::Kind;

/// The names that a pickle of tensors may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Name {
    Storage(Kind),
    RebuildTensor,
    RebuildParameter,
    /// A tensor of a class of its own: function, class, arguments, state.
    RebuildFromType,
    /// A dictionary, whatever its class adds to one.
    Dictionary,
    /// A tuple of sides.
    Size,
}

impl Name {
    pub(super) fn find(module: &str, name: &str) -> Option<Name> {
        Some(match (module, name) {
            ("torch._utils", "_rebuild_tensor_v2") => Name::RebuildTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                Name::RebuildParameter
            }
            ("torch._tensor", "_rebuild_from_type_v2") => Name::RebuildFromType,
            ("collections", "OrderedDict" | "defaultdict") | ("builtins" | "__builtin__", "dict") => {
                Name::Dictionary
            }
            ("torch", "Size") => Name::Size,
            ("torch", "FloatStorage") => Name::Storage(Kind::Float),
            ("torch", "DoubleStorage") => Name::Storage(Kind::Double),
            ("torch", "HalfStorage") => Name::Storage(Kind::Half),
            ("torch", "BFloat16Storage") => Name::Storage(Kind::BFloat16),
            ("torch", "LongStorage") => Name::Storage(Kind::Int64),
            ("torch", "IntStorage") => Name::Storage(Kind::Int),
            ("torch", "ShortStorage") => Name::Storage(Kind::Int16),
            ("torch", "CharStorage") => Name::Storage(Kind::Int8),
            ("torch", "ByteStorage") => Name::Storage(Kind::Uint8),
            ("torch", "BoolStorage") => Name::Storage(Kind::Bool),
            _ => return None,
        })
    }
}

/// Modules and functions that run programs, reach the network or read files when they are called.
pub(super) fn is_dangerous(module: &str, name: &str) -> bool {
    let (first, _) = module.split_once('.').unwrap_or((module, ""));
    match first {
        "os" | "posix" | "nt" | "subprocess" | "commands" | "popen2" | "sys" | "shutil" | "socket"
        | "pty" | "code" | "runpy" | "imp" | "importlib" | "pkgutil" | "ctypes" | "multiprocessing"
        | "asyncio" | "webbrowser" | "http" | "urllib" | "urllib2" | "requests" | "ftplib" | "smtplib"
        | "pickle" | "_pickle" | "cPickle" | "marshal" | "pdb" | "bdb" | "timeit" | "profile"
        | "cProfile" | "pip" => true,
        "builtins" | "__builtin__" => matches!(
            name,
            "eval"
                | "exec"
                | "execfile"
                | "compile"
                | "open"
                | "file"
                | "input"
                | "raw_input"
                | "apply"
                | "__import__"
                | "breakpoint"
                | "exit"
                | "quit"
                | "globals"
                | "locals"
                | "vars"
                | "delattr"
                | "setattr"
        ),
        _ => false,
    }
}
