//! What is wrong about a setting.

use vitals_recipe::Names;

vitals_recipe::sentences! {
    /// Why a setting was refused.
    pub enum Setting in "setting" {
        Range { name: String, found: u32, least: u32, most: u32 } =
            "{name} is {found}; it must be {least} to {most}";
        Memory { name: String, found: u64, least: u64, most: u64 } =
            "{name} is {found}; it must be {least} to {most}, all it has";
        LeastMemory { name: String, found: u64, least: u64 } =
            "{name} is {found}; it must be at least {least}";
        NoDevice { device: String } = "device {device} does not exist here";
        NoCause { found: String, causes: Names } =
            "retry.causes names `{found}`; a cause is one of {causes}";
        NoCauses = "retry.causes is empty, so that nothing would ever be retried";
        NotNameValue { word: String } = "`{word}` is not NAME=VALUE";
        Unknown { name: String } = "there is no setting `{name}`";
        WholeNumber { name: String, found: String } = "{name} is `{found}`; it must be a whole number";
        Boolean { name: String, found: String } = "{name} is `{found}`; it must be true or false";
        Size { name: String, found: String } = "{name} is `{found}`; it must be a size";
        Choice { name: String, found: String, choices: Names } =
            "{name} is `{found}`; it must be one of {choices}";
        NoAlarmSize { event: String, kinds: Names } =
            "alarms of the kind {event} have no size to begin from; {kinds} have one";
        AlarmSize { event: String, found: String } =
            "the size that alarms of the kind {event} begin from is {found}; it must be a number above 0";
        Zoom { found: u32 } = "zoom is {found} %; it must lie between 80 and 200";
    }
}
